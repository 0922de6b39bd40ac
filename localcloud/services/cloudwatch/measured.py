"""What an alarm sees: the value of each period before a boundary, of a metric or of an expression over metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.alarm_request import period_of, queries_of, statistic_of, watched
from localcloud.services.cloudwatch.metric_math.values import Grid, Series
from localcloud.services.cloudwatch.samples import Metric, Summary, summarize

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document
    from localcloud.services.cloudwatch.metric_store import MetricStore
    from localcloud.services.cloudwatch.samples import Sample


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    value: float | None
    """The statistic; None without samples."""
    count: float
    """Samples; 0 for an expression, which has none of its own."""
    start: float
    """In seconds of this machine."""


class Measured:
    """``scale``: how many times as fast as this machine's the alarms' clock runs."""

    def __init__(self, samples: MetricStore, scale: float) -> None:
        self._samples = samples
        self._scale = scale

    def periods(self, alarm: Document, boundary: float, number: int) -> list[Period]:
        """The periods before the boundary, which is in seconds of the scaled clock, newest first."""
        length = period_of(alarm) / self._scale
        starts = [boundary / self._scale - age * length for age in range(1, number + 1)]
        if "Metrics" in alarm:
            return self._calculated(alarm, starts)
        statistic = statistic_of(alarm)
        summaries = self._summaries(Metric.of(alarm), alarm.get("Unit"), starts, length)
        return [
            Period(value=found.statistic(statistic) if found else None, count=found.count if found else 0, start=start)
            for found, start in zip(summaries, starts, strict=True)
        ]

    def _calculated(self, alarm: Document, starts: list[float]) -> list[Period]:
        """By metric math, whose series have the oldest period first."""
        queries, period = queries_of(alarm), period_of(alarm)

        def read(stat: Params, _: Grid) -> list[float | None]:
            metric = Metric.of(stat["Metric"])
            summaries = self._summaries(metric, stat.get("Unit"), starts, period / self._scale)
            return [found.statistic(stat["Stat"]) if found else None for found in reversed(summaries)]

        grid = Grid(times=tuple(reversed(starts)), period=period)
        value = queries.value(watched(queries), grid, read)
        points = value.points if isinstance(value, Series) else ()
        return [
            Period(value=point, count=0, start=start) for point, start in zip(reversed(points), starts, strict=True)
        ]

    def _summaries(self, metric: Metric, unit: str | None, starts: list[float], length: float) -> list[Summary | None]:
        """A summary of each period that has samples. A period has its very start and not its end."""
        end, number = starts[0] + length, len(starts)
        periods: list[list[Sample]] = [[] for _ in starts]
        for sample in self._samples.samples(metric, end - number * length, end, unit):
            age = max(1, min(number, math.ceil((end - sample.timestamp) / length)))
            periods[age - 1].append(sample)
        return [summarize(found) if found else None for found in periods]
