"""The API of a door, as far as a person deploys it: its address, who may call, and where calls are logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import CfnOutput, CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from handover.names import API_STAGE, PEOPLE, Output

from constructs import Construct
from stacks.api_settings import Api
from stacks.constructs.encryption import Encryption
from stacks.constructs.log_access import kept_log
from stacks.constructs.permissions import allow, policy_of, service
from stacks.constructs.user_pool import UserPool
from stacks.specs import Workload

_ALL_GROUPS = "API Gateway has one role for all APIs of a region, and finds a stage's log group among all"


class RestApi(Construct):
    """A regional API without methods: each release brings them, within what its deployment role allows.

    Its id is known before the first release, so that roles, the page's headers and the sign-in can name it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        settings: Api,
        encryption: Encryption,
        image_types: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.CfnRestApi(
            self,
            "Api",
            name=workload.dashed_name,
            description=f"Asks {workload.name}",
            endpoint_configuration=apigateway.CfnRestApi.EndpointConfigurationProperty(types=["REGIONAL"]),
            # TLS 1.2 at the least, and the host name of the certificate alone.
            security_policy="SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
            endpoint_access_mode="STRICT",
            binary_media_types=list(image_types) or None,
        )
        self.access_log = kept_log(self, "AccessLog", encryption=encryption, days=settings.log_days)
        self._account_role()
        stack = Stack.of(self)
        self.origin = f"https://{self.api.ref}.execute-api.{stack.region}.amazonaws.com"
        CfnOutput(self, "Address", value=self.address).override_logical_id(Output.API)
        if "programs" in settings.callers:
            CfnOutput(self, "Programs", value=self._methods_arn).override_logical_id(Output.PROGRAMS)

    @property
    def address(self) -> str:
        """The stage's: paths for programs follow it."""
        return f"{self.origin}/{API_STAGE}"

    @property
    def people_address(self) -> str:
        return f"{self.address}/{PEOPLE}"

    @property
    def root_resource_id(self) -> str:
        return self.api.attr_root_resource_id

    @property
    def access_log_arn(self) -> str:
        """Without the star at its end, which API Gateway takes off."""
        stack = Stack.of(self)
        return f"arn:aws:logs:{stack.region}:{stack.account}:log-group:{self.access_log.log_group_name}"

    def management_arn(self, path: str) -> str:
        """What is below the API, in API Gateway's own calls: ``/resources/*``."""
        return f"arn:aws:apigateway:{Stack.of(self).region}::/restapis/{self.api.ref}{path}"

    def admit(self, pool: UserPool) -> apigateway.CfnAuthorizer:
        """The authorizer of people: a token of this pool, in the header Authorization."""
        return apigateway.CfnAuthorizer(
            self,
            "People",
            rest_api_id=self.api.ref,
            name="people",
            type="COGNITO_USER_POOLS",
            identity_source="method.request.header.Authorization",
            provider_arns=[pool.arn],
        )

    @property
    def _methods_arn(self) -> str:
        stack = Stack.of(self)
        return f"arn:aws:execute-api:{stack.region}:{stack.account}:{self.api.ref}/{API_STAGE}/*"

    def _account_role(self) -> None:
        """API Gateway logs with one role for the whole account and region: it stays when this workload goes."""
        role = iam.Role(self, "LogRole", assumed_by=service(self, "apigateway"))
        stack = Stack.of(self)
        group = f"arn:aws:logs:{stack.region}:{stack.account}:log-group:"
        writing = [f"logs:{verb}" for verb in ("CreateLogGroup", "CreateLogStream", "PutLogEvents")]
        reading = [f"logs:{verb}" for verb in ("DescribeLogStreams", "GetLogEvents", "FilterLogEvents")]
        allow(role, [*writing, *reading], [f"{group}*"], because=_ALL_GROUPS)
        allow(role, ["logs:DescribeLogGroups"], [f"{group}*"], because=_ALL_GROUPS)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.add_resource_dependency(policy_of(role))
        for kept in (role.node.default_child, policy_of(role), account):
            cast("CfnResource", kept).apply_removal_policy(RemovalPolicy.RETAIN)
