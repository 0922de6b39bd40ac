"""How an endpoint changes to a release, and what sends the traffic back."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import IResolvable
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker

from stacks.settings import Deployment

#: An alarm that guards, or one that does so under a condition.
Guard = sagemaker.CfnEndpoint.AlarmProperty | IResolvable


def guard(alarm: cloudwatch.Alarm) -> Guard:
    return sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.alarm_name)


def deployment_config(
    deployment: Deployment, guards: Sequence[Guard]
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """Blue/green by the deployment's steps; the alarms are made before the endpoint, which refers to them."""
    return sagemaker.CfnEndpoint.DeploymentConfigProperty(
        blue_green_update_policy=sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=_routing(deployment),
            termination_wait_in_seconds=deployment.final_bake_seconds,
            maximum_execution_timeout_in_seconds=deployment.timeout_seconds,
        ),
        auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(alarms=list(guards)),
    )


def _routing(deployment: Deployment) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
    if deployment.strategy == "ALL_AT_ONCE" or deployment.share_percent is None:
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(type="ALL_AT_ONCE", wait_interval_in_seconds=0)
    share = sagemaker.CfnEndpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=deployment.share_percent)
    canary = deployment.strategy == "CANARY"
    return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
        type=deployment.strategy,
        canary_size=share if canary else None,
        linear_step_size=None if canary else share,
        wait_interval_in_seconds=deployment.bake_seconds,
    )
