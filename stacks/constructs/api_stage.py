"""The stage of an API: what is deployed, what is logged, and how much callers may ask for."""

from __future__ import annotations

import hashlib
import json

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from handover.names import API_STAGE

from constructs import Construct
from stacks.api_parameters import DeployedApi
from stacks.api_settings import Api
from stacks.constructs.api_methods import ApiMethods

#: What an access log says of a request: who asked what, how long it took, and why it was refused. No body, no token.
_LOGGED = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.message",
    "person": "$context.authorizer.claims.sub",
    "program": "$context.identity.userArn",
    "latencyMilliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
    "functionStatus": "$context.integrationStatus",
    "responseBytes": "$context.responseLength",
    "tlsVersion": "$context.tlsVersion",
}


class ApiStage(Construct):
    """A deployment is a copy of the methods at one moment: a change of them makes another."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployed: DeployedApi, methods: ApiMethods, settings: Api
    ) -> None:
        super().__init__(scope, construct_id)
        self._api_id = deployed.api_id
        deployment = apigateway.CfnDeployment(self, "Deployment", rest_api_id=self._api_id)
        deployment.override_logical_id(f"Deployment{self._digest(methods)}")
        for resource in methods.all:
            deployment.add_resource_dependency(resource)
        self.stage = apigateway.CfnStage(
            self,
            "Stage",
            rest_api_id=self._api_id,
            deployment_id=deployment.ref,
            stage_name=API_STAGE,
            access_log_setting=apigateway.CfnStage.AccessLogSettingProperty(
                destination_arn=deployed.access_log_arn, format=json.dumps(_LOGGED)
            ),
            method_settings=[
                apigateway.CfnStage.MethodSettingProperty(
                    http_method="*",
                    resource_path="/*",
                    throttling_rate_limit=settings.throttling.requests_per_second,
                    throttling_burst_limit=settings.throttling.burst_requests,
                    metrics_enabled=True,
                    data_trace_enabled=False,
                    logging_level="OFF",
                )
            ],
            tracing_enabled=settings.tracing,
        )

    @property
    def arn(self) -> str:
        """As the firewall names it."""
        return f"arn:aws:apigateway:{Stack.of(self).region}::/restapis/{self._api_id}/stages/{self.stage.ref}"

    def _digest(self, methods: ApiMethods) -> str:
        text = json.dumps(Stack.of(self).resolve(methods.properties), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
