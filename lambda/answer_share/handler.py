"""Counts what an endpoint answered, in a file of captured requests, and tells CloudWatch how often it was this answer.

Called by EventBridge for each file that SageMaker's data capture writes. The metric ``AnswerShare`` is 1 for each
answer of the watched kind and 0 for each other one, so that its average over any period is their share.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METRIC = "AnswerShare"
#: Dates in a captured file's key: yyyy/mm/dd/hh.
_DATE_PARTS = 4


@dataclass(frozen=True)
class Captured:
    """Whose answers a file holds; its key is ``capture/<release>/<endpoint>/<variant>/yyyy/mm/dd/hh/<name>.jsonl``."""

    release: str
    endpoint: str
    variant: str

    @classmethod
    def of(cls, key: str) -> Captured:
        """Raises ValueError for a key of another form."""
        parts = key.split("/")
        if len(parts) != 1 + 3 + _DATE_PARTS + 1 or not key.endswith(".jsonl"):
            raise ValueError(f"{key} is no file of captured requests under capture/<release>/<endpoint>/<variant>/")
        return cls(*parts[1:4])


@dataclass(frozen=True)
class Answers:
    """Which answers are watched: this label, or a probability that is at least ``threshold``."""

    label: str
    threshold: float | None

    @classmethod
    def from_environment(cls) -> Answers:
        threshold = os.environ.get("THRESHOLD", "")
        return cls(label=os.environ["ANSWER"], threshold=float(threshold) if threshold else None)

    def include(self, answer: str) -> bool:
        """What should be a probability and is no number is not the watched answer."""
        if self.threshold is None:
            return answer == self.label
        try:
            return float(answer) >= self.threshold
        except ValueError:
            return False


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What was counted; a file with fewer answers than LEAST_ANSWERS tells nothing, and nobody."""
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    captured, watched = Captured.of(key), Answers.from_environment()
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    given = [watched.include(answer) for line in body.splitlines() for answer in answers(json.loads(line))]
    counted = {"key": key, "answers": len(given), "watched": sum(given)}
    told = len(given) >= int(os.environ["LEAST_ANSWERS"])
    if told:
        boto3.client("cloudwatch").put_metric_data(
            Namespace=os.environ["METRIC_NAMESPACE"], MetricData=[datum(captured, watched, given)]
        )
    print(json.dumps({**counted, "told": told}))
    return {**counted, "told": told}


def answers(record: Mapping[str, Any]) -> Iterator[str]:
    """Each line that was answered to one request. Raises ValueError for an encoding that is no text."""
    output = record["captureData"]["endpointOutput"]
    if output["encoding"] not in {"CSV", "BASE64"}:
        raise ValueError(f"an answer captured as {output['encoding']} cannot be read: only CSV and BASE64 can")
    text = output["data"] if output["encoding"] == "CSV" else base64.b64decode(output["data"]).decode()
    for line in text.splitlines():
        if line.strip():
            yield line.strip()


def datum(captured: Captured, watched: Answers, given: list[bool]) -> dict[str, Any]:
    """Ones and zeros with their counts; a count of none is left out, as CloudWatch wants it."""
    counts = {1.0: float(sum(given)), 0.0: float(len(given) - sum(given))}
    dimensions = {
        "EndpointName": captured.endpoint,
        "VariantName": captured.variant,
        "Release": captured.release,
        "Answer": watched.label,
    }
    return {
        "MetricName": METRIC,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Values": [value for value, count in counts.items() if count],
        "Counts": [count for count in counts.values() if count],
        "Unit": "None",
    }
