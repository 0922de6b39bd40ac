"""Samples by metric, ordered by time. They are read from memory, and each put is one document on disk."""

from __future__ import annotations

import bisect
import itertools
import threading
import time
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.samples import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localcloud.platform.service import Params
    from localcloud.platform.store import Store

#: AWS keeps minutes for fifteen days. A local cloud needs the last hours only.
KEPT_SECONDS = 3 * 3600
_PRUNE_SECONDS = 60

_time_of = attrgetter("timestamp")


class MetricStore:
    def __init__(self, store: Store) -> None:
        self._table = store.table("cloudwatch.metric_data")
        self._series: dict[Metric, list[Sample]] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._pruned = time.time()
        for put in [document for _, document in self._table.items()]:
            self._keep(put["Namespace"], put["MetricData"])

    def put(self, namespace: str, data: list[Params]) -> None:
        """Stores a put as a whole. Where one datum is wrong, raises AwsError and stores nothing."""
        now = time.time()
        plain = [{**datum, "Timestamp": _seconds(datum, now)} for datum in data]
        for datum in plain:
            Sample.of(datum, datum["Timestamp"])
        self._table.put(f"{now:017.6f}-{next(self._numbers):06d}", {"Namespace": namespace, "MetricData": plain})
        self._keep(namespace, plain)
        if now - self._pruned > _PRUNE_SECONDS:
            self._prune(now)

    def samples(self, metric: Metric, start: float, end: float, unit: str | None = None) -> list[Sample]:
        """The samples from ``start`` until before ``end``, in seconds since the epoch."""
        with self._lock:
            series = self._series.get(metric, [])
            first, last = bisect.bisect_left(series, start, key=_time_of), bisect.bisect_left(series, end, key=_time_of)
            found = series[first:last]
        return found if unit is None else [sample for sample in found if sample.unit == unit]

    def metrics(self) -> Iterator[Metric]:
        with self._lock:
            return iter(list(self._series))

    def _keep(self, namespace: str, data: Iterable[Params]) -> None:
        with self._lock:
            for datum in data:
                metric = Metric.of({**datum, "Namespace": namespace})
                series = self._series.setdefault(metric, [])
                bisect.insort(series, Sample.of(datum, datum["Timestamp"]), key=_time_of)

    def _prune(self, now: float) -> None:
        self._pruned = now
        oldest = now - KEPT_SECONDS
        for key in self._table.names():
            if float(key.partition("-")[0]) >= oldest:
                break
            self._table.delete(key)
        with self._lock:
            for metric, series in list(self._series.items()):
                del series[: bisect.bisect_left(series, oldest, key=_time_of)]
                if not series:
                    del self._series[metric]


def _seconds(datum: Params, now: float) -> float:
    stamp = datum.get("Timestamp")
    return now if stamp is None else epoch_seconds(stamp)


def epoch_seconds(stamp: datetime) -> float:
    """Seconds since the epoch. The parsers return times without a zone, which are in UTC."""
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
