"""Scales an endpoint's instances with its traffic."""

from __future__ import annotations

from aws_cdk import aws_applicationautoscaling as autoscaling
from handover.names import MAIN_VARIANT

from constructs import Construct
from stacks.constructs.endpoint import ModelEndpoint
from stacks.settings import Scaling


class EndpointScaling(Construct):
    """Target tracking on invocations per instance per minute."""

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: ModelEndpoint, scaling: Scaling) -> None:
        super().__init__(scope, construct_id)
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{endpoint.name}/variant/{MAIN_VARIANT}",
            min_capacity=scaling.min_instances,
            max_capacity=scaling.max_instances,
        )
        target.add_resource_dependency(endpoint.endpoint)
        metric = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        )
        autoscaling.CfnScalingPolicy(
            self,
            "Policy",
            policy_name=f"{endpoint.name}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                predefined_metric_specification=metric,
                target_value=scaling.invocations_per_instance,
                scale_in_cooldown=scaling.scale_in_cooldown_seconds,
                scale_out_cooldown=scaling.scale_out_cooldown_seconds,
            ),
        )


def attach_scaling(scope: Construct, *, endpoint: ModelEndpoint, scaling: Scaling | None) -> None:
    """Without scaling in the stage's settings, the number of instances stays constant."""
    if scaling:
        EndpointScaling(scope, "Scaling", endpoint=endpoint, scaling=scaling)
