"""A model behind an endpoint: Model, EndpointConfig, Endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_sagemaker as sagemaker
from handover.names import MAIN_VARIANT

from constructs import Construct
from stacks.constructs.challenger import Challenger
from stacks.constructs.data_capture import DataCapture
from stacks.constructs.guardrails import Guard, Guardrails
from stacks.constructs.package_model import PackageModel, version_of
from stacks.settings import Deployment, Stage


class ModelEndpoint(Construct):
    """Serves a model package.

    Model and EndpointConfig are immutable. Another package replaces both, under new names, and the endpoint is updated
    to them. Only the endpoint has a physical name, because callers and policies name it before it exists.
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
        version = version_of(package_arn)
        ab = stage.competes_by
        self.challenger = (
            Challenger(self, "Challenger", package_arn=package_arn, role_arn=role_arn, stage=stage, ab=ab)
            if ab
            else None
        )
        #: The name under which answers are captured: the package's version, or the experiment's.
        self.release = self.challenger.release_or(version) if self.challenger else version
        main = self.challenger.main_package_arn if self.challenger else package_arn
        model = PackageModel(self, "Model", package_arn=main, role_arn=role_arn)
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=MAIN_VARIANT,
            model_name=model.attr_model_name,
            initial_instance_count=stage.instance_count,
            # Out of 100 together with the challenger's: a share, whether or not the challenger exists.
            initial_variant_weight=100 - ab.challenger_weight_percent if ab else 1,
            instance_type=stage.instance_type,
        )
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[variant, self.challenger.variant] if self.challenger else [variant],
            # The instances' volumes. Instances with disks of their own take no key: their hardware encrypts the disks.
            kms_key_id=key_arn,
            data_capture_config=_capture(self, stage.capture_percent, self.release, key_arn),
        )
        self.endpoint = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=name, endpoint_config_name=config.attr_endpoint_config_name
        )
        if stage.scaling:
            self._keep_instances()
        # CloudFormation derives the name from this id, and the policy of the deploying role names it.
        config.override_logical_id(f"{Stack.of(self).stack_name}Config")

    def guard(self, deployment: Deployment, guards: Sequence[Guard]) -> None:
        """An update shifts the traffic as this deployment says, and rolls it back when one of the alarms fires."""
        self.endpoint.deployment_config = Guardrails(self, "Guardrails", deployment=deployment, guards=guards).config

    def _keep_instances(self) -> None:
        """An update keeps the number of instances that autoscaling has set; the release sets everything else."""
        self.endpoint.retain_all_variant_properties = True
        self.endpoint.exclude_retained_variant_properties = [
            sagemaker.CfnEndpoint.VariantPropertyProperty(variant_property_type=kind)
            for kind in ("DesiredWeight", "DataCaptureConfig")
        ]

    @property
    def metric_dimensions(self) -> dict[str, str]:
        """The dimensions of the main variant's metrics."""
        return {"EndpointName": self.name, "VariantName": MAIN_VARIANT}

    @property
    def answer_dimensions(self) -> dict[str, str]:
        """The dimensions of the metric of its answers, which are counted for each release."""
        return self.metric_dimensions | {"Release": self.release}


def _capture(
    scope: Construct, percent: int, release: str, key_arn: str | None
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    """None if the stage captures nothing: then it needs no bucket either."""
    return DataCapture(scope, "Capture", percent=percent, release=release, key_arn=key_arn).config if percent else None
