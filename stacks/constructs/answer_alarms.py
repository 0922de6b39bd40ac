"""Alarms for a release whose answers fall outside the expected band."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from handover.names import ANSWER_SHARE_METRIC, METRIC_NAMESPACE

from constructs import Construct
from stacks.specs import ExpectedAnswers


class AnswerAlarms(Construct):
    """One alarm for each bound of the band, unless it is 0 or 1. They watch this release alone, not its predecessor.

    When two models compete, each variant has its own alarms; with shared ones, one variant could hide the other.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, dimensions: Mapping[str, str], expected: ExpectedAnswers
    ) -> None:
        super().__init__(scope, construct_id)
        share = cloudwatch.Metric(
            namespace=METRIC_NAMESPACE,
            metric_name=ANSWER_SHARE_METRIC,
            statistic="Average",
            period=Duration.minutes(1),
            dimensions_map={**dimensions, "Answer": expected.label},
        )
        who = f"{dimensions['EndpointName']}, {dimensions['VariantName']}"
        bounds = {
            "Few": (expected.at_least, "less", cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD),
            "Many": (expected.at_most, "more", cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD),
        }
        self.all = tuple(
            share.create_alarm(
                self,
                name,
                alarm_description=f"{who}: {word} than {bound:.0%} of answers are {expected.label}",
                threshold=bound,
                comparison_operator=comparison,
                evaluation_periods=1,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            for name, (bound, word, comparison) in bounds.items()
            if 0 < bound < 1
        )
