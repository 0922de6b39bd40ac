"""The two alarms of a target tracking policy, as AWS makes them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from localcloud.services.application_autoscaling.dimensions import TrackedMetric

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.dimensions import Dimension

#: A scale-in begins below this share of the target, so that it does not meet a scale-out.
_LOW_SHARE = 0.9


def tracking_alarms(policy: Document, kind: Dimension) -> list[dict[str, Any]]:
    """PutMetricAlarm's parameters. An alarm that the policy has already keeps its name."""
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    metric, watched = _metric(configuration, policy["ResourceId"], kind)
    target = configuration["TargetValue"]
    high = {
        "AlarmName": _name(policy, "AlarmHigh"),
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": target,
        "EvaluationPeriods": metric.periods_above,
    }
    low = {
        "AlarmName": _name(policy, "AlarmLow"),
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": target * _LOW_SHARE,
        "EvaluationPeriods": metric.periods_below,
    }
    common = {
        **watched,
        "Period": metric.period_seconds,
        "AlarmActions": [f"{policy['PolicyARN']}:createdBy/{uuid.uuid4()}"],
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
    }
    return [alarm | common for alarm in ([high] if configuration.get("DisableScaleIn") else [high, low])]


def _metric(configuration: Document, resource_id: str, kind: Dimension) -> tuple[TrackedMetric, dict[str, Any]]:
    customized = configuration.get("CustomizedMetricSpecification")
    if not customized:
        metric = kind.metrics[configuration["PredefinedMetricSpecification"]["PredefinedMetricType"]]
        return metric, {
            "Namespace": metric.namespace,
            "MetricName": metric.name,
            "Statistic": metric.statistic,
            "Dimensions": kind.metric_dimensions(resource_id),
        }
    metric = TrackedMetric(
        namespace=customized["Namespace"], name=customized["MetricName"], statistic=customized["Statistic"]
    )
    return metric, dict(customized)


def _name(policy: Document, which: str) -> str:
    known = [alarm["AlarmName"] for alarm in policy.get("Alarms", []) if f"-{which}-" in alarm["AlarmName"]]
    return known[0] if known else f"TargetTracking-{policy['ResourceId']}-{which}-{uuid.uuid4()}"
