"""What SageMaker's jobs and containers may do: one role for training, one for serving."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.log_access import grant_write_logs

_SAGEMAKER = "sagemaker.amazonaws.com"


class SageMakerRole(iam.Role):
    """A role that SageMaker assumes; it may write its logs, its metrics and pull AWS's images."""

    def __init__(self, scope: Construct, construct_id: str, *, log_group: str) -> None:
        super().__init__(scope, construct_id, assumed_by=iam.ServicePrincipal(_SAGEMAKER))
        grant_write_logs(self, log_group)
        stack = Stack.of(self)
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                # PutMetricData has no resource; its condition key is what AWS offers to limit it.
                resources=["*"],
                conditions={"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}},
            )
        )
        # The images' registries are AWS's accounts, a different one for each region and image.
        self.add_to_policy(
            iam.PolicyStatement(
                actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                resources=[f"arn:{stack.partition}:ecr:{stack.region}:*:repository/sagemaker-*"],
            )
        )
        # GetAuthorizationToken has no resource.
        self.add_to_policy(iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]))

    def grant_hand_over(self, grantee: iam.IGrantable) -> None:
        """Hand this role to SageMaker, and to nobody else."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": _SAGEMAKER}},
            )
        )
