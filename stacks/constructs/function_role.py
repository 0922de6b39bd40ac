"""What the function behind the API may do: ask one endpoint, and write its log."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from handover.door import Door

from constructs import Construct
from stacks.api_settings import Api
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.endpoint_deployment import endpoint_arn
from stacks.constructs.log_access import kept_log
from stacks.constructs.permissions import allow, service
from stacks.door_facts import reads
from stacks.specs import Workload

_LAMBDA = "lambda.amazonaws.com"


class FunctionRole(iam.Role):
    """A person deploys it: whatever function a push brings, it reaches PROD's endpoint and nothing else."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, settings: Api, facts: Door, data: DataBucket
    ) -> None:
        super().__init__(scope, construct_id, assumed_by=service(scope, "lambda"))
        # Lambda names the group after the function, and would keep its events forever.
        name = f"/aws/lambda/{workload.function_name}"
        log = kept_log(scope, f"{construct_id}Log", name=name, encryption=data.encryption, days=settings.log_days)
        log.grant_write(self)
        allow(self, ["sagemaker:InvokeEndpoint"], [endpoint_arn(self, workload, "Prod")])
        data.grant_get_one(self, reads(facts))
        if settings.tracing:
            allow(
                self,
                ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                ["*"],
                because="the service authorization reference has no resource type for traces",
            )

    def arn_of_function(self, workload: Workload) -> str:
        stack = Stack.of(self)
        return f"arn:aws:lambda:{stack.region}:{stack.account}:function:{workload.function_name}"

    def grant_hand_over(self, grantee: iam.IGrantable) -> None:
        """Pass this role to Lambda, and to no other service."""
        allow(
            grantee,
            ["iam:PassRole"],
            [self.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": _LAMBDA}},
        )
