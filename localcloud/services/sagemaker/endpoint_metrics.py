"""What SageMaker puts into CloudWatch about an endpoint's traffic: once a second, and only when there is any."""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from localcloud.cloud import Cloud

NAMESPACE = "AWS/SageMaker"
PUT_SECONDS = 1.0

log = logging.getLogger("localcloud.sagemaker.metrics")


@dataclass(slots=True)
class Statistics:
    """What CloudWatch calls a statistic set: enough for sum, average, minimum and maximum."""

    count: int = 0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    def values(self) -> dict[str, float]:
        return {
            "SampleCount": float(self.count),
            "Sum": self.total,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
        }


#: Metric name → unit.
_METRICS = {
    "Invocations": "None",
    "InvocationsPerInstance": "None",
    "Invocation4XXErrors": "None",
    "Invocation5XXErrors": "None",
    "InvocationModelErrors": "None",
    "ModelLatency": "Microseconds",
    "OverheadLatency": "Microseconds",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """One request's outcome; ``status`` is the model's."""

    endpoint: str
    variant: str
    instances: int
    status: int
    model_seconds: float
    overhead_seconds: float

    def values(self) -> dict[str, float]:
        """One value a metric; an error metric counts 0 for a request without that error, as AWS's do."""
        return {
            "Invocations": 1,
            "InvocationsPerInstance": 1 / self.instances,
            "Invocation4XXErrors": 400 <= self.status < 500,
            "Invocation5XXErrors": self.status >= 500,
            "InvocationModelErrors": self.status >= 400,
            "ModelLatency": self.model_seconds * 1e6,
            "OverheadLatency": self.overhead_seconds * 1e6,
        }


class EndpointMetrics:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._traffic: dict[tuple[str, str], dict[str, Statistics]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._put_regularly, daemon=True, name="endpoint-metrics")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closed.set()

    def record(self, invocation: Invocation) -> None:
        with self._lock:
            traffic = self._traffic.setdefault(
                (invocation.endpoint, invocation.variant), {name: Statistics() for name in _METRICS}
            )
            for name, value in invocation.values().items():
                traffic[name].add(value)

    def _put_regularly(self) -> None:
        while not self._closed.wait(PUT_SECONDS):
            with self._lock:
                traffic, self._traffic = self._traffic, {}
            for (endpoint, variant), statistics in traffic.items():
                try:
                    self._cloud.clients.administrator("cloudwatch").put_metric_data(
                        Namespace=NAMESPACE, MetricData=metric_data(endpoint, variant, statistics)
                    )
                except (ClientError, BotoCoreError) as error:
                    log.warning("metrics of endpoint %s are lost: %s", endpoint, error)


def metric_data(endpoint: str, variant: str, statistics: dict[str, Statistics]) -> list[dict[str, Any]]:
    """CloudWatch's data for the traffic since the last put."""
    now = datetime.now(UTC)
    return [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
            "Timestamp": now,
            "Unit": _METRICS[name],
            "StatisticValues": values.values(),
        }
        for name, values in statistics.items()
    ]
