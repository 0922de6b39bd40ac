"""A workload's model registry: one group, one version per release."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from constructs import Construct
from stacks.constructs.permissions import allow


class ModelRegistry(Construct):
    """A model package group. It has a physical name, because package ARNs, and so the policies, contain it."""

    def __init__(self, scope: Construct, construct_id: str, *, group_name: str) -> None:
        super().__init__(scope, construct_id)
        self.group_name = group_name
        self.group = sagemaker.CfnModelPackageGroup(self, "Group", model_package_group_name=group_name)
        stack = Stack.of(self)
        self._group_arn = stack.format_arn(
            service="sagemaker", resource="model-package-group", resource_name=group_name
        )
        self._packages_arn = stack.format_arn(
            service="sagemaker", resource="model-package", resource_name=f"{group_name}/*"
        )

    def grant_register(self, grantee: iam.IGrantable) -> None:
        """Add a package that waits for approval."""
        resources = [self._group_arn, self._packages_arn]
        self._grant(grantee, "sagemaker:CreateModelPackage", resources, statuses=["PendingManualApproval"])

    def grant_judge(self, grantee: iam.IGrantable, *statuses: str) -> None:
        """Describe a package, and set its approval status to one of these."""
        self.grant_read(grantee)
        self._grant(grantee, "sagemaker:UpdateModelPackage", [self._packages_arn], statuses=statuses)

    def grant_read(self, grantee: iam.IGrantable) -> None:
        self._grant(grantee, "sagemaker:DescribeModelPackage", [self._packages_arn])

    @staticmethod
    def _grant(grantee: iam.IGrantable, action: str, resources: list[str], *, statuses: Sequence[str] = ()) -> None:
        allow(
            grantee,
            [action],
            resources,
            conditions={"StringEquals": {"sagemaker:ModelApprovalStatus": list(statuses)}} if statuses else None,
            because="SageMaker numbers the versions of a group as they come",
        )
