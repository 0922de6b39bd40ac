"""Puts metrics of an endpoint's traffic into CloudWatch, six times in an alarm's minute if there is traffic."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from localcloud.platform.cloud import Cloud

NAMESPACE = "AWS/SageMaker"
#: AWS's seconds between two puts, and the longest interval in this machine's. AWS puts what is concurrent so often.
_PUT_SECONDS = 10.0
_PUT_SECONDS_HERE = 1.0
#: CloudWatch's limit for different values in a datum.
_MOST_VALUES = 150

log = logging.getLogger("localcloud.sagemaker.metrics")

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
    """One request's outcome. ``status`` is the model's."""

    endpoint: str
    variant: str
    instances: int
    status: int
    model_seconds: float
    overhead_seconds: float

    def values(self) -> dict[str, float]:
        """One value for each metric. As on AWS, an error metric gets a 0 for a request without that error."""
        return {
            "Invocations": 1,
            "InvocationsPerInstance": 1 / self.instances,
            "Invocation4XXErrors": 400 <= self.status < 500,
            "Invocation5XXErrors": self.status >= 500,
            "InvocationModelErrors": self.status >= 400,
            "ModelLatency": _three_digits(self.model_seconds * 1e6),
            "OverheadLatency": _three_digits(self.overhead_seconds * 1e6),
        }


#: Metric name → value → how often.
Traffic = dict[str, Counter[float]]


class EndpointMetrics:
    def __init__(self, cloud: Cloud, concurrent: Callable[[], Iterable[tuple[str, str, float]]]) -> None:
        """``concurrent``: endpoint, variant and requests under way on each of its instances, for those with any."""
        self._cloud = cloud
        self._concurrent = concurrent
        self._every_seconds = min(_PUT_SECONDS_HERE, _PUT_SECONDS / cloud.settings.time_scale)
        self._traffic: dict[tuple[str, str], Traffic] = {}
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
                (invocation.endpoint, invocation.variant), {name: Counter() for name in _METRICS}
            )
            for name, value in invocation.values().items():
                traffic[name][float(value)] += 1

    def _put_regularly(self) -> None:
        while not self._closed.wait(self._every_seconds):
            with self._lock:
                all_traffic, self._traffic = self._traffic, {}
            data = [
                datum
                for (endpoint, variant), traffic in all_traffic.items()
                for datum in metric_data(endpoint, variant, traffic)
            ]
            data += concurrency_data(all_traffic, self._concurrent())
            try:
                if data:
                    self._cloud.clients.administrator("cloudwatch").put_metric_data(
                        Namespace=NAMESPACE, MetricData=data
                    )
            except (ClientError, BotoCoreError) as error:
                log.warning("metrics of %s are lost: %s", sorted({name for name, _ in all_traffic}), error)


def metric_data(endpoint: str, variant: str, traffic: Traffic) -> Iterator[dict[str, Any]]:
    """CloudWatch's data for the traffic since the last put: each value with its count, for real percentiles.

    They have no time of their own. So CloudWatch takes the time of arrival, and no alarm misses what comes late.
    """
    for name, counts in traffic.items():
        values = sorted(counts)
        for begin in range(0, len(values), _MOST_VALUES):
            part = values[begin : begin + _MOST_VALUES]
            yield {
                "MetricName": name,
                "Dimensions": [
                    {"Name": "EndpointName", "Value": endpoint},
                    {"Name": "VariantName", "Value": variant},
                ],
                "Unit": _METRICS[name],
                "Values": part,
                "Counts": [float(counts[value]) for value in part],
            }


def concurrency_data(
    served: Iterable[tuple[str, str]], concurrent: Iterable[tuple[str, str, float]]
) -> list[dict[str, Any]]:
    """ConcurrentRequestsPerModel in high resolution, for variants that have requests or have just had some."""
    requests = dict.fromkeys(served, 0.0) | {(endpoint, variant): each for endpoint, variant, each in concurrent}
    return [
        {
            "MetricName": "ConcurrentRequestsPerModel",
            "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
            "Unit": "Count",
            "Value": each,
            "StorageResolution": 1,
        }
        for (endpoint, variant), each in requests.items()
    ]


def _three_digits(microseconds: float) -> float:
    """Rounds a value. Nobody needs more digits, and equal values make short puts."""
    return float(f"{microseconds:.3g}")
