"""The permissions of SageMaker's jobs and containers: one role for training, one for each stage's serving."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from handover.aws_images import Image

from constructs import Construct
from stacks.constructs.log_access import grant_write_logs
from stacks.constructs.permissions import allow, allow_metrics, service

_SAGEMAKER = "sagemaker.amazonaws.com"


class SageMakerRole(iam.Role):
    """A role that SageMaker assumes. It may write its logs and pull these images."""

    def __init__(self, scope: Construct, construct_id: str, *, log_group: str, images: Sequence[Image]) -> None:
        super().__init__(scope, construct_id, assumed_by=service(scope, "sagemaker"))
        grant_write_logs(self, log_group, "logs:DescribeLogStreams")
        stack = Stack.of(self)
        allow(
            self,
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [
                stack.format_arn(
                    service="ecr",
                    account=image.account(stack.region),
                    resource="repository",
                    resource_name=image.repository,
                )
                for image in images
            ],
        )
        allow(
            self,
            ["ecr:GetAuthorizationToken"],
            ["*"],
            because="GetAuthorizationToken is for a whole account: it has no resource type",
        )

    def allow_metrics(self) -> None:
        """Report a training job's metrics. AWS reports an endpoint's: nobody else may write to ``AWS/SageMaker``."""
        allow_metrics(self, "/aws/sagemaker/TrainingJobs")

    def grant_hand_over(self, grantee: iam.IGrantable) -> None:
        """Pass this role to SageMaker, and to no other service."""
        allow(
            grantee,
            ["iam:PassRole"],
            [self.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": _SAGEMAKER}},
        )
