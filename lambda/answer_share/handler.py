"""Counts an endpoint's answers in a captured file, and reports the share of the watched one to CloudWatch.

EventBridge calls it for each file that SageMaker's data capture writes. The metric ``AnswerShare`` is 1 for each
watched answer and 0 for every other, so that its average over any period is their share.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from handover.captured import exchanges
from handover.function_variables import AnswerShareVariables
from handover.invocations import CSV, answers_in, invocation
from handover.names import ANSWER_SHARE_METRIC, METRIC_NAMESPACE
from handover.places import CapturedFile
from handover.plain_text import number

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Answers:
    """The watched answers: this label, or a probability of at least ``threshold``."""

    label: str
    threshold: float | None

    def include(self, answer: str) -> bool:
        """An answer that should be a probability but is no number is not a watched one."""
        if self.threshold is None:
            return answer == self.label
        probability = number(answer)
        return probability is not None and probability >= self.threshold


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Returns the counts. A file with fewer answers than LEAST_ANSWERS says nothing, so nothing is reported."""
    variables = AnswerShareVariables.read()
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    captured = CapturedFile.of(key)
    watched = Answers(label=variables.answer, threshold=variables.threshold)
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    how = invocation(variables.invocation) if variables.invocation else CSV
    given = [watched.include(answer) for exchange in exchanges(body) for answer in answers_in(exchange.answer, how)]
    counted = {"key": key, "answers": len(given), "watched": sum(given)}
    told = len(given) >= variables.least_answers
    if told:
        boto3.client("cloudwatch").put_metric_data(
            Namespace=METRIC_NAMESPACE, MetricData=[datum(captured, watched, given)]
        )
    print(json.dumps({**counted, "told": told}))
    return {**counted, "told": told}


def datum(captured: CapturedFile, watched: Answers, given: list[bool]) -> dict[str, Any]:
    """Ones and zeros with their counts, without counts of zero, as CloudWatch wants it."""
    counts = {1.0: float(sum(given)), 0.0: float(len(given) - sum(given))}
    dimensions = {
        "EndpointName": captured.endpoint,
        "VariantName": captured.variant,
        "Release": captured.release,
        "Answer": watched.label,
    }
    return {
        "MetricName": ANSWER_SHARE_METRIC,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Values": [value for value, count in counts.items() if count],
        "Counts": [count for count in counts.values() if count],
        "Unit": "None",
    }
