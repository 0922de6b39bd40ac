"""When an endpoint is not well."""

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
    """Errors of the containers, and the latency of the slowest hundredth; each tells the topic.

    An endpoint that nobody asks is well. Where a release competes, its variant has the same alarms as the other.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: ModelEndpoint, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        topic = CfnParameter(self, "Topic", description="Who is told of an alarm")
        topic.override_logical_id(Parameter.TOPIC)
        self._told = cloudwatch_actions.SnsAction(sns.Topic.from_topic_arn(self, "Told", topic.value_as_string))
        #: For a deployment that goes back when one of them rings.
        self.guards: list[Guard] = []
        self.add(_pair(self, endpoint.metric_dimensions, alarms))
        if endpoint.challenger:
            dimensions = endpoint.metric_dimensions | {"VariantName": CHALLENGER_VARIANT}
            self.add(_pair(Construct(self, "Challenger"), dimensions, alarms), of=endpoint.challenger)

    def add(self, alarms: Iterable[cloudwatch.Alarm], *, of: Challenger | None = None) -> None:
        """Alarms that guard the endpoint, and tell the topic; a challenger's are there while it competes."""
        for alarm in alarms:
            alarm.add_alarm_action(self._told)
            self.guards.append(of.guard(alarm) if of else guard(alarm))


def _pair(scope: Construct, dimensions: dict[str, str], alarms: Alarms) -> list[cloudwatch.Alarm]:
    """Of one variant."""
    endpoint = dimensions["EndpointName"]
    # SageMaker puts a 1 for each request that fails and a 0 for each other one: their average is the rate.
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
