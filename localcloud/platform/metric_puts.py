"""Metrics of traffic on their way to CloudWatch: counted as they come, and put a few times in an alarm's minute."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from localcloud.platform.cloud import Cloud

#: The longest interval between two puts in this machine's seconds.
_PUT_SECONDS_HERE = 1.0
#: CloudWatch's limit for different values in a datum.
_MOST_VALUES = 150

#: Name and value of each dimension.
Dimensions = tuple[tuple[str, str], ...]
#: Metric name and dimensions → value → how often.
Counts = dict[tuple[str, Dimensions], Counter[float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metrics:
    """A namespace's metrics: name → unit, which of them have high resolution, and AWS's seconds between two puts."""

    namespace: str
    units: Mapping[str, str]
    high_resolution: frozenset[str] = frozenset()
    put_seconds: float = 20.0


class MetricPuts:
    """One namespace's metrics. Equal values are counted together, for real percentiles in short puts."""

    def __init__(self, cloud: Cloud, metrics: Metrics, before_each_put: Callable[[], None] = lambda: None) -> None:
        """``before_each_put`` may record what stands at that moment."""
        self._cloud = cloud
        self._metrics = metrics
        self._before_each_put = before_each_put
        self._every_seconds = min(_PUT_SECONDS_HERE, metrics.put_seconds / cloud.settings.time_scale)
        self._counts: Counts = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._put_regularly, daemon=True, name=f"metrics-{self._metrics.namespace}").start()

    def stop(self) -> None:
        self._closed.set()

    def record(self, values: Mapping[str, float], places: Iterable[Dimensions]) -> None:
        """``values``: metric name → value, once for each set of dimensions."""
        with self._lock:
            for dimensions in places:
                for name, value in values.items():
                    self._counts.setdefault((name, dimensions), Counter())[float(value)] += 1

    def _put_regularly(self) -> None:
        while not self._closed.wait(self._every_seconds):
            self._before_each_put()
            with self._lock:
                counts, self._counts = self._counts, {}
            if counts:
                self._cloud.metrics.put(self._metrics.namespace, list(metric_data(counts, self._metrics)))


def three_digits(value: float) -> float:
    """Rounds a value. Nobody needs more digits, and equal values make short puts."""
    return float(f"{value:.3g}")


def metric_data(counts: Counts, metrics: Metrics) -> Iterator[dict[str, Any]]:
    """CloudWatch's data for what was counted. They have no time of their own, so no alarm misses what comes late."""
    for (name, dimensions), values in counts.items():
        ordered = sorted(values)
        for begin in range(0, len(ordered), _MOST_VALUES):
            part = ordered[begin : begin + _MOST_VALUES]
            yield {
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
                "Unit": metrics.units[name],
                "Values": part,
                "Counts": [float(values[value]) for value in part],
                **({"StorageResolution": 1} if name in metrics.high_resolution else {}),
            }
