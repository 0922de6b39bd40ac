"""Samples by metric and time. They are on disk alone: a minute's traffic has thousands of values."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.samples import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from localcloud.platform.service import Params
    from localcloud.platform.store import Store

#: AWS keeps minutes for fifteen days. A local cloud needs the last hours only.
KEPT_SECONDS = 3 * 3600
_PRUNE_SECONDS = 60


class MetricStore:
    def __init__(self, store: Store) -> None:
        self._samples = store.timeline("cloudwatch.samples")
        self._pruned = time.time()
        puts = store.table("cloudwatch.metric_data")  # where an earlier version kept them
        for key, put in puts.items():
            self._keep(put["Namespace"], put["MetricData"])
            puts.delete(key)

    def put(self, namespace: str, data: Sequence[Params]) -> None:
        """Stores a put as a whole. Where one datum is wrong, raises AwsError and stores nothing."""
        now = time.time()
        plain = [{**datum, "Timestamp": _seconds(datum, now)} for datum in data]
        for number, datum in enumerate(plain, 1):
            Sample.of(datum, datum["Timestamp"], f"MetricData.member.{number}")
        self._keep(namespace, plain)
        if now - self._pruned > _PRUNE_SECONDS:
            self._pruned = now
            self._samples.forget_before(now - KEPT_SECONDS)

    def samples(self, metric: Metric, start: float, end: float, unit: str | None = None) -> list[Sample]:
        """The samples from ``start`` until before ``end``, in seconds since the epoch."""
        found = [Sample.of(datum, at) for at, datum in self._samples.between(_series_of(metric), start, end)]
        return found if unit is None else [sample for sample in found if sample.unit == unit]

    def metrics(self) -> Iterator[Metric]:
        for series in self._samples.series():
            namespace, name, dimensions = json.loads(series)
            yield Metric(namespace, name, tuple((key, value) for key, value in dimensions))

    def _keep(self, namespace: str, data: Iterable[Params]) -> None:
        self._samples.append(
            (_series_of(Metric.of({**datum, "Namespace": namespace})), datum["Timestamp"], datum) for datum in data
        )


def _series_of(metric: Metric) -> str:
    return json.dumps([metric.namespace, metric.name, metric.dimensions])


def _seconds(datum: Params, now: float) -> float:
    stamp = datum.get("Timestamp")
    return now if stamp is None else epoch_seconds(stamp)


def epoch_seconds(stamp: datetime) -> float:
    """Seconds since the epoch. The parsers return times without a zone, which are in UTC."""
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
