"""The function behind the API: a version for each release, and the alias that the API calls."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_lambda as lambda_
from handover.door import DOOR_FILE, Door
from handover.names import API_STAGE, Parameter
from handover.predict_variables import PredictVariables

from constructs import Construct
from stacks.api_parameters import parameter
from stacks.api_settings import Api
from stacks.constructs.own_files import function_code
from stacks.constructs.package_model import version_of
from stacks.door_facts import reads
from stacks.specs import Workload

_SCALE_IN_SECONDS, _SCALE_OUT_SECONDS = 300, 60


class PredictFunction(Construct):
    """``lambda/predict``, with the release in its environment.

    A version's description names the release, and the champion with which it competes. A changed description makes a
    new version, so an update that changes these alone, as ``make rollback`` does it, publishes one too.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        settings: Api,
        facts: Door,
        page_origin: str | None,
        competes: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        own = settings.function
        code = function_code("predict", written={DOOR_FILE: facts.json()}).bind(self).s3_location
        if code is None:
            raise TypeError("The function's code is no file in S3.")
        release = version_of(parameter(scope, Parameter.PACKAGE))
        champion = parameter(scope, Parameter.CHAMPION) if competes else None
        self.function = lambda_.CfnFunction(
            self,
            "Function",
            function_name=workload.function_name,
            code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.bucket_name, s3_key=code.object_key),
            handler="handler.handle",
            runtime="python3.11",
            architectures=["arm64"],
            role=parameter(scope, Parameter.FUNCTION_ROLE),
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables=_variables(
                    workload,
                    settings,
                    release=release,
                    champion=champion,
                    page_origin=page_origin,
                    bucket=parameter(scope, Parameter.DATA_BUCKET) if reads(facts) else None,
                )
            ),
            timeout=own.timeout_seconds,
            memory_size=own.memory_megabytes,
            reserved_concurrent_executions=own.at_once,
            tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active") if settings.tracing else None,
        )
        version = lambda_.CfnVersion(
            self,
            "Version",
            function_name=self.function.ref,
            description=", ".join(
                [
                    f"release {release}",
                    *([f"champion {champion}"] if champion else []),
                    f"code {Path(code.object_key).stem}",
                ]
            ),
        )
        self.alias = lambda_.CfnAlias(
            self,
            "Alias",
            name=API_STAGE,
            function_name=self.function.ref,
            function_version=version.attr_version,
            provisioned_concurrency_config=lambda_.CfnAlias.ProvisionedConcurrencyConfigurationProperty(
                provisioned_concurrent_executions=own.provisioned
            )
            if own.provisioned
            else None,
        )
        if own.provisioned:
            self._scale(settings)

    @property
    def alias_arn(self) -> str:
        return self.alias.ref

    def allow_calls(self, api_id: str) -> None:
        """API Gateway may call the alias for the stage of this API, and nobody else may."""
        stack = Stack.of(self)
        lambda_.CfnPermission(
            self,
            "Called",
            action="lambda:InvokeFunction",
            function_name=self.alias_arn,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:aws:execute-api:{stack.region}:{stack.account}:{api_id}/{API_STAGE}/*",
        )

    def _scale(self, settings: Api) -> None:
        """More instances are made ready when more are in use, and fewer when they are idle."""
        own = settings.function
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="lambda",
            scalable_dimension="lambda:function:ProvisionedConcurrency",
            resource_id=f"function:{self.function.ref}:{API_STAGE}",
            min_capacity=own.provisioned,
            max_capacity=own.most_provisioned,
        )
        target.add_resource_dependency(self.alias)
        of = autoscaling.CfnScalingPolicy
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{Stack.of(self).stack_name}-in-use",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=of.TargetTrackingScalingPolicyConfigurationProperty(
                predefined_metric_specification=of.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="LambdaProvisionedConcurrencyUtilization"
                ),
                target_value=own.utilization_percent / 100,
                scale_in_cooldown=_SCALE_IN_SECONDS,
                scale_out_cooldown=_SCALE_OUT_SECONDS,
            ),
        )


def _variables(
    workload: Workload,
    settings: Api,
    *,
    release: str,
    champion: str | None,
    page_origin: str | None,
    bucket: str | None,
) -> dict[str, str]:
    hosts = workload.api.image_hosts if workload.api else ()
    return PredictVariables(
        endpoint=workload.endpoint_name("Prod"),
        release=cast("int", release),  # CloudFormation fills in the number
        champion_arn=champion,
        partners=bool(settings.partners) or None,
        page_origin=page_origin,
        bucket=bucket,
        image_hosts=",".join(hosts) or None,
    ).of_project()
