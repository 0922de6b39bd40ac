"""A model made from a model package."""

from __future__ import annotations

from aws_cdk import Fn, Stack
from aws_cdk import aws_sagemaker as sagemaker

from constructs import Construct


class PackageModel(sagemaker.CfnModel):
    """SageMaker expands the package into its containers, which it calls one after the other."""

    def __init__(self, scope: Construct, construct_id: str, *, package_arn: str, role_arn: str) -> None:
        super().__init__(
            scope,
            construct_id,
            execution_role_arn=role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=package_arn),
            enable_network_isolation=True,
        )
        # CloudFormation derives the model's name from this id, and the policy of the deploying role names it.
        self.override_logical_id(f"{Stack.of(self).stack_name}{construct_id}")


def version_of(package_arn: str) -> str:
    """The last part of arn:…:model-package/<group>/<version>."""
    return Fn.select(2, Fn.split("/", package_arn))
