"""A template as the CDK's RestApi writes it, deployed by CloudFormation without a change."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from tests.clouds import LocalCloud
from tests.local.iam_account import Account
from tests.local.lives.life import Stack
from tests.local.rest_api import ECHO, Api

pytestmark = pytest.mark.local

PAGE = "https://d111111abcdef8.cloudfront.net"
KEY = "a-key-of-a-partner-in-a-test"


class Door(cdk.Stack):
    """What the CDK offers of REST APIs, used once."""

    def __init__(self, scope: cdk.App, name: str, *, least: int) -> None:
        """``least``: what the model of the body demands, so that a second template differs."""
        super().__init__(scope, name, synthesizer=cdk.LegacyStackSynthesizer())
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_11,
            handler="index.handler",
            code=lambda_.Code.from_inline(ECHO),
        )
        self.api = apigateway.RestApi(
            self,
            "Api",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            default_cors_preflight_options=apigateway.CorsOptions(allow_origins=[PAGE], allow_headers=["x-api-key"]),
            deploy_options=self._stage(),
        )
        self.api.add_gateway_response(
            "Refusals",
            type=apigateway.ResponseType.DEFAULT_4_XX,
            response_headers={"Access-Control-Allow-Origin": f"'{PAGE}'"},
        )
        self._methods(apigateway.LambdaIntegration(function), least)
        self._plan()

    def _stage(self) -> apigateway.StageOptions:
        group = logs.LogGroup(self, "Log", removal_policy=cdk.RemovalPolicy.DESTROY)
        return apigateway.StageOptions(
            stage_name="prod",
            throttling_rate_limit=100,
            throttling_burst_limit=50,
            metrics_enabled=True,
            access_log_destination=apigateway.LogGroupLogDestination(group),
            access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                caller=True,
                http_method=True,
                ip=True,
                protocol=True,
                request_time=True,
                resource_path=True,
                response_length=True,
                status=True,
                user=True,
            ),
        )

    def _methods(self, function: apigateway.LambdaIntegration, least: int) -> None:
        schema = apigateway.JsonSchema(
            schema=apigateway.JsonSchemaVersion.DRAFT4,
            type=apigateway.JsonSchemaType.OBJECT,
            properties={"size": apigateway.JsonSchema(type=apigateway.JsonSchemaType.INTEGER, minimum=least)},
            required=["size"],
        )
        model = self.api.add_model("Row", schema=schema, content_type="application/json")
        validator = self.api.add_request_validator("Validator", validate_request_body=True)
        rows = self.api.root.add_resource("rows")
        rows.add_method(
            "POST",
            function,
            api_key_required=True,
            request_models={"application/json": model},
            request_validator=validator,
        )
        rows.add_method("GET", function, authorization_type=apigateway.AuthorizationType.IAM)
        self.api.root.add_resource("{proxy+}").add_method("ANY", function)

    def _plan(self) -> None:
        key = self.api.add_api_key("Key", value=KEY)
        stage = apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)
        plan = self.api.add_usage_plan(
            "Plan",
            throttle=apigateway.ThrottleSettings(rate_limit=50, burst_limit=20),
            quota=apigateway.QuotaSettings(limit=100, period=apigateway.Period.DAY),
            api_stages=[stage],
        )
        plan.add_api_key(key)


class People(cdk.Stack):
    """An API behind a Cognito authorizer of a pool that stands elsewhere."""

    def __init__(self, scope: cdk.App, name: str) -> None:
        super().__init__(scope, name, synthesizer=cdk.LegacyStackSynthesizer())
        arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_Elsewhere"
        pool = cognito.UserPool.from_user_pool_arn(self, "Pool", arn)
        self.api = apigateway.RestApi(self, "Api")
        self.api.root.add_method(
            "GET",
            apigateway.MockIntegration(request_templates={"application/json": "{ statusCode: 200 }"}),
            authorizer=apigateway.CognitoUserPoolsAuthorizer(self, "People", cognito_user_pools=[pool]),
        )


def template(folder: Path, make: Any, **more: Any) -> dict[str, Any]:
    app = cdk.App(outdir=str(folder))
    stack = make(app, "Stack", **more)
    app.synth()
    found: dict[str, Any] = json.loads((folder / stack.template_file).read_text())
    return found


def deployed(stack: Stack, document: dict[str, Any], *, update: bool = False) -> Api:
    """The API of a stack, asked at the address that the stack's output has."""
    outputs = stack.deploy(document, update=update)
    address = next(value for name, value in outputs.items() if name.startswith("ApiEndpoint"))
    api = Api.__new__(Api)
    api.account, api.client = Account(stack.cloud), stack.cloud.client("apigateway")
    api.id = address.removeprefix("https://").partition(".")[0]
    assert address == f"https://{api.id}.execute-api.us-east-1.amazonaws.com/prod/"
    return api


def test_the_cdks_rest_api(local_cloud: LocalCloud, tmp_path: Path) -> None:
    """Keys, models, CORS, gateway responses and the function of a CDK template work, also after its update."""
    stack = Stack(cloud=local_cloud, name=f"cdk-{uuid.uuid4().hex[:8]}")
    api = deployed(stack, template(tmp_path / "first", Door, least=1))
    port = local_cloud.endpoint_url.rpartition(":")[2]
    page = f"http://d111111abcdef8.cloudfront.localhost:{port}"
    preflight = api.ask("/prod/rows", verb="OPTIONS", headers={"origin": page})
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-origin"] == page
    refused = api.ask("/prod/rows", verb="POST", body=b"{}")
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (403, page)
    key = {"x-api-key": KEY, "origin": page}
    assert api.ask("/prod/rows", verb="POST", body=b'{"size": 0}', headers=key).status == 400
    event = api.ask("/prod/rows", verb="POST", body=b'{"size": 1}', headers=key).document
    assert event["headers"]["origin"] == PAGE
    assert api.ask("/prod/rows").document == {"message": "Missing Authentication Token"}
    assert api.ask("/prod/any/thing").document["pathParameters"] == {"proxy": "any/thing"}

    assert deployed(stack, template(tmp_path / "second", Door, least=5), update=True).id == api.id
    assert api.ask("/prod/rows", verb="POST", body=b'{"size": 1}', headers=key).status == 400
    assert api.ask("/prod/rows", verb="POST", body=b'{"size": 5}', headers=key).status == 200
    assert len(api.client.get_deployments(restApiId=api.id)["items"]) == 1
    stack.delete()
    assert api.ask("/prod/rows").document == {"message": "Forbidden"}


def test_the_cdks_cognito_authorizer(local_cloud: LocalCloud, tmp_path: Path) -> None:
    """A method behind the CDK's authorizer is Unauthorized for who has no token, and for who has something else."""
    stack = Stack(cloud=local_cloud, name=f"people-{uuid.uuid4().hex[:8]}")
    api = deployed(stack, template(tmp_path / "people", People))
    for headers in ({}, {"authorization": "Bearer none"}):
        answer = api.ask("/prod/", headers=headers)
        assert answer.refusal == (401, "UnauthorizedException", {"message": "Unauthorized"})
    stack.delete()
