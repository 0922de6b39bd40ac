"""Reads metrics from a training job's log by the regular expressions of its MetricDefinitions."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE = "/aws/sagemaker/TrainingJobs"
_PUT_SIZE = 500


@dataclass(frozen=True, slots=True)
class Reading:
    name: str
    value: float
    time: datetime
    host: str


class MetricLines:
    """Reads a log line by line. ``readings`` returns all values in order."""

    def __init__(self, definitions: Iterable[tuple[str, str]]) -> None:
        self._definitions = [(name, _compiled(name, regex)) for name, regex in definitions]
        self._readings: list[Reading] = []
        self._lock = threading.Lock()

    def read(self, line: str, host: str = "algo-1") -> None:
        for name, pattern in self._definitions:
            found = pattern.search(line)
            if found:
                value = _number(found[1] if pattern.groups else found[0])
                if value is not None:
                    with self._lock:
                        self._readings.append(Reading(name, value, datetime.now(UTC), host))

    def readings(self) -> list[Reading]:
        with self._lock:
            return list(self._readings)

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList, which has each metric's last value."""
        last = {reading.name: reading for reading in self.readings()}
        return [
            {"MetricName": reading.name, "Value": reading.value, "Timestamp": reading.time} for reading in last.values()
        ]

    def put(self, cloudwatch: Any, job: str) -> None:
        """Puts all readings into CloudWatch, each under its host's name (``<job>/algo-1``)."""
        data = [
            {
                "MetricName": reading.name,
                "Dimensions": [{"Name": "Host", "Value": f"{job}/{reading.host}"}],
                "Timestamp": reading.time,
                "Value": reading.value,
            }
            for reading in self.readings()
        ]
        for start in range(0, len(data), _PUT_SIZE):
            cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _PUT_SIZE])


def _compiled(name: str, regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise AwsError(
            "ValidationException", f"MetricDefinitions: the regular expression {regex!r} of {name} is invalid: {error}"
        ) from error


def _number(text: str) -> float | None:
    """The number in a text; None where the regular expression found something else."""
    try:
        return float(text)
    except ValueError:
        return None
