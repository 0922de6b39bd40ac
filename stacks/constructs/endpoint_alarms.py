"""When an endpoint is not well."""

from __future__ import annotations

from aws_cdk import CfnParameter, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.constructs.endpoint import ModelEndpoint
from stacks.settings import Alarms

#: The parameter of an endpoint stack with alarms: the topic belongs to the pipeline's stack.
NOTIFICATION_TOPIC_PARAMETER = "NotificationTopicArn"

_NAMESPACE = "AWS/SageMaker"
_MICROSECONDS_PER_MILLISECOND = 1000


class EndpointAlarms(Construct):
    """Errors of the containers, and the latency of the slowest hundredth; each tells the topic.

    An endpoint that nobody asks is well.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: ModelEndpoint, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        dimensions = endpoint.metric_dimensions
        self.errors = _metric("Invocation5XXErrors", "Sum", dimensions).create_alarm(
            self,
            "Errors",
            alarm_description=f"{endpoint.name} answers {alarms.errors_5xx} or more requests a minute with 5XX",
            threshold=alarms.errors_5xx,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.latency = _metric("ModelLatency", "p99", dimensions).create_alarm(
            self,
            "Latency",
            alarm_description=f"{endpoint.name}: 1 % of requests take more than {alarms.p99_latency_milliseconds} ms",
            threshold=alarms.p99_latency_milliseconds * _MICROSECONDS_PER_MILLISECOND,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        topic = CfnParameter(self, "Topic", description="Who is told of an alarm")
        topic.override_logical_id(NOTIFICATION_TOPIC_PARAMETER)
        self._told = cloudwatch_actions.SnsAction(sns.Topic.from_topic_arn(self, "Told", topic.value_as_string))
        self.all: tuple[cloudwatch.Alarm, ...] = ()
        self.add(self.errors, self.latency)

    def add(self, *alarms: cloudwatch.Alarm) -> None:
        """Alarms that guard the endpoint as well, and tell the same topic."""
        for alarm in alarms:
            alarm.add_alarm_action(self._told)
        self.all += alarms


def _metric(name: str, statistic: str, dimensions: dict[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions,
        period=Duration.minutes(1),
    )
