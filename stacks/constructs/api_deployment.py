"""The role with which CloudFormation deploys a release's API: the limit of a template that comes from a push."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs import Construct
from stacks.api_settings import Api
from stacks.constructs.door import Door
from stacks.constructs.permissions import allow, service
from stacks.constructs.rest_api import RestApi
from stacks.constructs.scaling_access import allow_scaling
from stacks.specs import Workload

_MADE_BY_API_GATEWAY = "API Gateway makes the ids of what is below an API"
_VERSIONS = "Lambda numbers a function's versions, and names aliases beside them"
_ALARMS = "Application Auto Scaling ends an alarm's name in letters that it makes"
#: How a method says who may call.
_GUARDED = ["AWS_IAM", "COGNITO_USER_POOLS"]
_SCALING_ROLE = "lambda.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency"


class ApiDeploymentRole(iam.Role):
    """Methods, function and page of one workload's API.

    Who may call is not among them: no authorizer, no policy, no pool. A method without authorization is denied but for
    OPTIONS, a function gets one role, and nobody but API Gateway is allowed to call it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, settings: Api, door: Door) -> None:
        super().__init__(scope, construct_id, assumed_by=service(scope, "cloudformation"))
        self._allow_methods(door)
        self._allow_stage(door)
        self._allow_function(workload, door)
        self._allow_scaling(workload)
        door.assets.grant_read(self)
        door.role.grant_hand_over(self)
        if door.publisher:
            allow(self, ["lambda:InvokeFunction"], [door.publisher.arn])
        if settings.partners:
            self._allow_usage_plans(door)
        if door.web_acl:
            self._allow_firewall(door)

    def _allow_methods(self, door: Door) -> None:
        """Resources, models and answers of this API, and methods that say who may call."""
        api = door.api
        # No PATCH: it would take the authorization of a method that is there already.
        self._allow_api(api, ("DELETE", "GET", "POST"), "resources")
        self._allow_api(api, ("DELETE", "GET", "PATCH", "POST"), "models", "requestvalidators")
        self._allow_api(api, ("DELETE", "GET"), "gatewayresponses")
        allow(self, ["apigateway:GET"], [api.management_arn("")])
        answers = [api.management_arn(path) for path in ("/gatewayresponses/*", "/resources/*/methods/*/*")]
        allow(self, ["apigateway:PUT"], answers, because=_MADE_BY_API_GATEWAY)
        for verb, kinds in (("GET", _GUARDED), ("POST", _GUARDED), ("OPTIONS", ["NONE"])):
            allow(
                self,
                ["apigateway:PUT"],
                [api.management_arn(f"/resources/*/methods/{verb}")],
                conditions={"StringEquals": {"apigateway:Request/RouteAuthorizationType": kinds}},
                because=_MADE_BY_API_GATEWAY,
            )

    def _allow_stage(self, door: Door) -> None:
        self._allow_api(door.api, ("DELETE", "GET", "PATCH", "POST"), "deployments", "stages")

    def _allow_api(self, api: RestApi, verbs: Sequence[str], *kinds: str) -> None:
        """API Gateway's calls on what is of these kinds, and below it."""
        within = [api.management_arn(f"/{kind}{rest}") for kind in kinds for rest in ("", "/*")]
        allow(self, [f"apigateway:{verb}" for verb in verbs], within, because=_MADE_BY_API_GATEWAY)

    def _allow_function(self, workload: Workload, door: Door) -> None:
        function = door.role.arn_of_function(workload)
        verbs = (
            *("CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionConfiguration", "PutFunctionConcurrency"),
            *("UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion", "ListVersionsByFunction"),
            *("CreateAlias", "DeleteAlias", "GetAlias", "UpdateAlias", "DeleteFunctionConcurrency"),
            # What CloudFormation's own handler reads of a function (the schema of AWS::Lambda::Function).
            *("GetFunctionCodeSigningConfig", "GetFunctionRecursionConfig", "GetRuntimeManagementConfig"),
            *("GetProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig"),
            *("DeleteProvisionedConcurrencyConfig", "GetPolicy", "RemovePermission", "TagResource", "ListTags"),
        )
        allow(self, [f"lambda:{verb}" for verb in verbs], [function, f"{function}:*"], because=_VERSIONS)
        allow(
            self,
            ["lambda:AddPermission"],
            [function, f"{function}:*"],
            conditions={"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}},
            because=_VERSIONS,
        )

    def _allow_scaling(self, workload: Workload) -> None:
        stack = Stack.of(self)
        here = f"{stack.region}:{stack.account}"
        targets = f"arn:aws:application-autoscaling:{here}:scalable-target/*"
        allow_scaling(self, targets=targets, linked_role=_SCALING_ROLE)
        alarms = f"arn:aws:cloudwatch:{here}:alarm:TargetTracking-function:{workload.function_name}:*"
        allow(self, ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], [alarms], because=_ALARMS)
        allow(
            self,
            ["cloudwatch:DescribeAlarms"],
            [f"arn:aws:cloudwatch:{here}:alarm:*"],
            because="it lists: CloudWatch checks it against all alarms, also where names are given",
        )

    def _allow_usage_plans(self, door: Door) -> None:
        region = Stack.of(self).region
        verbs = ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"]
        plans = [f"arn:aws:apigateway:{region}::/usageplans{path}" for path in ("", "/*")]
        allow(self, verbs, plans, because="API Gateway makes the ids of usage plans, which belong to no API")
        keys = [f"arn:aws:apigateway:{region}::/apikeys/{key}" for key in door.partner_key_ids]
        allow(self, ["apigateway:GET"], keys)

    def _allow_firewall(self, door: Door) -> None:
        """Put the stage behind the web ACL of this workload, and behind no other."""
        stage = [door.api.management_arn("/stages/*")]
        allow(self, ["apigateway:SetWebACL"], stage, because=_MADE_BY_API_GATEWAY)
        actions = ["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACLForResource"]
        allow(self, actions, [str(door.web_acl), *stage], because=_MADE_BY_API_GATEWAY)
