"""A model behind an endpoint: Model, EndpointConfig, Endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.constructs.data_capture import DataCapture
from stacks.constructs.guardrails import deployment_config
from stacks.settings import Deployment, Stage

VARIANT = "AllTraffic"


class ModelEndpoint(Construct):
    """Serves a model package.

    Model and EndpointConfig cannot be changed: another package replaces both, under new names, and the endpoint is
    updated to them. Only the endpoint has a physical name, because callers and policies name it before it exists.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        package_arn: str,
        role_arn: str,
        stage: Stage,
        key_arn: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        #: The package's version: the last part of arn:…:model-package/<group>/<version>.
        self.release = Fn.select(2, Fn.split("/", package_arn))
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role_arn,
            # SageMaker expands the package to its containers, which it calls one after the other.
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=package_arn),
            enable_network_isolation=True,
        )
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            initial_instance_count=stage.instance_count,
            initial_variant_weight=1,
            instance_type=stage.instance_type,
        )
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[variant],
            # The disks of the instances. Instances with a disk of their own take no key: their hardware encrypts.
            kms_key_id=key_arn,
            data_capture_config=_capture(self, stage.capture_percent, self.release, key_arn),
        )
        self.endpoint = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name
        )
        if stage.scaling:
            self._keep_instances()
        # CloudFormation makes their names of these ids, and the deploying role's policy names the names.
        for resource, suffix in ((model, "Model"), (config, "Config")):
            resource.override_logical_id(f"{Stack.of(self).stack_name}{suffix}")

    def guard(self, deployment: Deployment, alarms: Sequence[cloudwatch.Alarm]) -> None:
        """An update moves the traffic by this deployment, and back when one of the alarms rings."""
        self.endpoint.deployment_config = deployment_config(deployment, alarms)

    def _keep_instances(self) -> None:
        """An update leaves as many instances as autoscaling has set; all else is the release's."""
        self.endpoint.retain_all_variant_properties = True
        self.endpoint.exclude_retained_variant_properties = [
            sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kind)
            for kind in ("DesiredWeight", "DataCaptureConfig")
        ]

    @property
    def metric_dimensions(self) -> dict[str, str]:
        return {"EndpointName": self.name, "VariantName": VARIANT}


def _capture(
    scope: Construct, percent: int, release: str, key_arn: str | None
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    """A stage that captures nothing asks for no bucket either."""
    return DataCapture(scope, "Capture", percent=percent, release=release, key_arn=key_arn).config if percent else None
