"""Alarms for an unhealthy endpoint."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import CfnParameter, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_sns as sns
from handover.names import CHALLENGER_VARIANT, Parameter

from constructs import Construct
from stacks.constructs.challenger import Challenger
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.guardrails import Guard, guard
from stacks.settings import Alarms

_NAMESPACE = "AWS/SageMaker"
_MICROSECONDS_PER_MILLISECOND = 1000


class EndpointAlarms(Construct):
    """Alarms on the containers' errors and on the latency of the slowest hundredth; each notifies the topic.

    An endpoint without requests is healthy. When a release competes, its variant has the same alarms as the other.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: ModelEndpoint, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        topic = CfnParameter(self, "Topic", description="Who is told of an alarm")
        topic.override_logical_id(Parameter.TOPIC)
        self._told = cloudwatch_actions.SnsAction(sns.Topic.from_topic_arn(self, "Told", topic.value_as_string))
        #: A deployment rolls back when one of these fires.
        self.guards: list[Guard] = []
        self.add(_pair(self, endpoint.metric_dimensions, alarms))
        if endpoint.challenger:
            dimensions = endpoint.metric_dimensions | {"VariantName": CHALLENGER_VARIANT}
            self.add(_pair(Construct(self, "Challenger"), dimensions, alarms), of=endpoint.challenger)

    def add(self, alarms: Iterable[cloudwatch.Alarm], *, of: Challenger | None = None) -> None:
        """Alarms that guard the endpoint and notify the topic. A challenger's alarms exist only while it competes."""
        for alarm in alarms:
            alarm.add_alarm_action(self._told)
            self.guards.append(of.guard(alarm) if of else guard(alarm))


def _pair(scope: Construct, dimensions: dict[str, str], alarms: Alarms) -> list[cloudwatch.Alarm]:
    """The alarms of one variant."""
    endpoint = dimensions["EndpointName"]
    # SageMaker records 1 for each failed request and 0 for every other: the average is the error rate.
    errors = _metric("Invocation5XXErrors", "Average", dimensions).create_alarm(
        scope,
        "Errors",
        alarm_description=f"{endpoint}: more than {alarms.errors_5xx_percent:g} % of a minute's requests fail with 5XX",
        threshold=alarms.errors_5xx_percent / 100,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    latency = _metric("ModelLatency", "p99", dimensions).create_alarm(
        scope,
        "Latency",
        alarm_description=f"{endpoint}: 1 % of requests take more than {alarms.p99_latency_milliseconds} ms",
        threshold=alarms.p99_latency_milliseconds * _MICROSECONDS_PER_MILLISECOND,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=3,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    return [errors, latency]


def _metric(name: str, statistic: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions,
        period=Duration.minutes(1),
    )
