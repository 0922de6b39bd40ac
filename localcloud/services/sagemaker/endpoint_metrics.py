"""Puts metrics of an endpoint's traffic into CloudWatch, six times in an alarm's minute if there is traffic."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.metric_puts import MetricPuts, Metrics, three_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.metric_puts import Dimensions

_CONCURRENT = "ConcurrentRequestsPerModel"
_METRICS = Metrics(
    namespace="AWS/SageMaker",
    units={
        "Invocations": "None",
        "InvocationsPerInstance": "None",
        "Invocation4XXErrors": "None",
        "Invocation5XXErrors": "None",
        "InvocationModelErrors": "None",
        "ModelLatency": "Microseconds",
        "OverheadLatency": "Microseconds",
        _CONCURRENT: "Count",
    },
    high_resolution=frozenset({_CONCURRENT}),
    # AWS puts what is concurrent so often.
    put_seconds=10.0,
)


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
            "ModelLatency": three_digits(self.model_seconds * 1e6),
            "OverheadLatency": three_digits(self.overhead_seconds * 1e6),
        }


class EndpointMetrics:
    def __init__(self, cloud: Cloud, concurrent: Callable[[], Iterable[tuple[str, str, float]]]) -> None:
        """``concurrent``: endpoint, variant and requests under way on each of its instances, for those with any."""
        self._puts = MetricPuts(cloud, _METRICS, self._record_concurrent)
        self._concurrent = concurrent
        self._served: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.start = self._puts.start
        self.stop = self._puts.stop

    def record(self, invocation: Invocation) -> None:
        with self._lock:
            self._served.add((invocation.endpoint, invocation.variant))
        self._puts.record(invocation.values(), [_variant(invocation.endpoint, invocation.variant)])

    def _record_concurrent(self) -> None:
        """Of variants that have requests or have just had some."""
        with self._lock:
            served, self._served = self._served, set()
        requests = dict.fromkeys(served, 0.0) | {(name, variant): each for name, variant, each in self._concurrent()}
        for place, each in requests.items():
            self._puts.record({_CONCURRENT: each}, [_variant(*place)])


def _variant(endpoint: str, variant: str) -> Dimensions:
    return (("EndpointName", endpoint), ("VariantName", variant))
