"""What SageMaker puts into CloudWatch about an endpoint's traffic: once a second, and only when there is any."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from localcloud.cloud import Cloud

NAMESPACE = "AWS/SageMaker"
PUT_SECONDS = 1.0
#: AWS's limit of different values in one datum.
_MAX_VALUES = 150

log = logging.getLogger("localcloud.sagemaker.metrics")


@dataclass(slots=True)
class _Traffic:
    """What one variant did since the last put. Latencies are in microseconds, counted by value."""

    invocations: int = 0
    client_errors: int = 0
    server_errors: int = 0
    instances: int = 1
    model_latency: Counter[int] = field(default_factory=Counter)
    overhead_latency: Counter[int] = field(default_factory=Counter)


class EndpointMetrics:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._traffic: dict[tuple[str, str], _Traffic] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._put_regularly, daemon=True, name="endpoint-metrics")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closed.set()

    def record(
        self, endpoint: str, variant: str, instances: int, status: int, model_seconds: float, overhead_seconds: float
    ) -> None:
        """One invocation; ``status`` is what the client got, latencies round to 10 µs."""
        with self._lock:
            traffic = self._traffic.setdefault((endpoint, variant), _Traffic())
            traffic.invocations += 1
            traffic.instances = instances
            traffic.client_errors += 400 <= status < 500
            traffic.server_errors += status >= 500
            traffic.model_latency[round(model_seconds * 1e5) * 10] += 1
            traffic.overhead_latency[round(overhead_seconds * 1e5) * 10] += 1

    def _put_regularly(self) -> None:
        while not self._closed.wait(PUT_SECONDS):
            with self._lock:
                traffic, self._traffic = self._traffic, {}
            for (endpoint, variant), counts in traffic.items():
                try:
                    self._cloud.clients.administrator("cloudwatch").put_metric_data(
                        Namespace=NAMESPACE, MetricData=metric_data(endpoint, variant, counts)
                    )
                except (ClientError, BotoCoreError) as error:
                    log.warning("metrics of endpoint %s are lost: %s", endpoint, error)


def metric_data(endpoint: str, variant: str, traffic: _Traffic) -> list[dict[str, Any]]:
    """CloudWatch's data for one second's traffic; an error metric counts 0 for every invocation without that error."""
    total = traffic.invocations

    def datum(name: str, unit: str, values: Counter[int] | dict[float, int]) -> dict[str, Any]:
        most = sorted(values.items(), key=lambda pair: -pair[1])[:_MAX_VALUES]
        return {
            "MetricName": name,
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
            "Timestamp": datetime.now(UTC),
            "Unit": unit,
            "Values": [float(value) for value, _ in most],
            "Counts": [float(count) for _, count in most],
        }

    def errors(count: int) -> dict[float, int]:
        return {value: number for value, number in ((1.0, count), (0.0, total - count)) if number}

    return [
        datum("Invocations", "None", {1.0: total}),
        datum("InvocationsPerInstance", "None", {1.0 / traffic.instances: total}),
        datum("Invocation4XXErrors", "None", errors(traffic.client_errors)),
        datum("Invocation5XXErrors", "None", errors(traffic.server_errors)),
        datum("InvocationModelErrors", "None", errors(traffic.client_errors + traffic.server_errors)),
        datum("ModelLatency", "Microseconds", traffic.model_latency),
        datum("OverheadLatency", "Microseconds", traffic.overhead_latency),
    ]
