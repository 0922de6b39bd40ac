"""Samples of metrics, and their statistics."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.service import Params

SIMPLE_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True)
class Metric:
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, params: Params) -> Metric:
        """From a dict with Namespace, MetricName and Dimensions, whose order does not matter."""
        dimensions = sorted((each["Name"], each["Value"]) for each in params.get("Dimensions") or [])
        return cls(params.get("Namespace", ""), params.get("MetricName", ""), tuple(dimensions))

    def described(self) -> Params:
        return {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One datum of PutMetricData: values with counts, or only statistics of the values."""

    timestamp: float
    """Seconds since the epoch."""
    unit: str
    high_resolution: bool
    count: float
    total: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...] = ()
    """(value, count); empty where only statistics are known."""

    @classmethod
    def of(cls, datum: Params, timestamp: float, place: str = "MetricData") -> Sample:
        """Raises AwsError for a datum without a value, with two kinds of values, or with one that is not a number."""
        given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) not in (None, [])]
        if {"Value", "Values"} <= set(given):
            raise AwsError(
                "InvalidParameterCombination",
                f"The parameters {place}.Value and {place}.Values are mutually exclusive and you have specified both.",
            )
        if len(given) != 1:
            raise AwsError(
                "InvalidParameterCombination" if given else "MissingParameter",
                f"The metric datum {datum['MetricName']} needs one of Value, Values and StatisticValues, and has "
                f"{', '.join(given) or 'none'}.",
            )
        common = {
            "timestamp": timestamp,
            "unit": datum.get("Unit", "None"),
            "high_resolution": datum.get("StorageResolution", 60) == 1,
        }
        if given == ["StatisticValues"]:
            return cls._of_statistics(datum["MetricName"], datum["StatisticValues"], common)
        values = datum["Values"] if given == ["Values"] else [datum["Value"]]
        counts = datum.get("Counts") or [1.0] * len(values)
        if len(counts) != len(values):
            raise AwsError(
                "InvalidParameterValue", f"{datum['MetricName']} has {len(values)} Values and {len(counts)} Counts."
            )
        _check_numbers(datum["MetricName"], [*values, *counts])
        return cls(
            **common,
            count=sum(counts),
            total=sum(value * count for value, count in zip(values, counts, strict=True)),
            minimum=min(values),
            maximum=max(values),
            values=tuple(zip(values, counts, strict=True)),
        )

    @classmethod
    def _of_statistics(cls, name: str, statistics: Params, common: Params) -> Sample:
        _check_numbers(name, statistics.values())
        count, low, high = statistics["SampleCount"], statistics["Minimum"], statistics["Maximum"]
        return cls(
            **common,
            count=count,
            total=statistics["Sum"],
            minimum=low,
            maximum=high,
            # A set of equal values tells everything. Only then does CloudWatch know percentiles.
            values=((low, count),) if count == 1 or low == high else (),
        )


@dataclass(slots=True)
class Summary:
    """The samples of one period."""

    count: float = 0.0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    values: dict[float, float] | None = field(default_factory=dict)
    """Value → count; None where percentiles are unknown."""
    unit: str = "None"

    def add(self, sample: Sample) -> None:
        self.count += sample.count
        self.total += sample.total
        self.minimum = min(self.minimum, sample.minimum)
        self.maximum = max(self.maximum, sample.maximum)
        self.unit = sample.unit
        if not sample.values:
            self.values = None
        if self.values is not None:
            for value, count in sample.values:
                self.values[value] = self.values.get(value, 0.0) + count

    def statistic(self, name: str) -> float | None:
        """A statistic by CloudWatch's name, such as ``Sum`` or ``p99``; None where it is unknown."""
        match name:
            case "SampleCount":
                return self.count
            case "Sum":
                return self.total
            case "Minimum":
                return self.minimum
            case "Maximum":
                return self.maximum
            case "Average":
                return self.total / self.count if self.count else None
            case _:
                return self._percentile(percent_of(name))

    def _percentile(self, percent: float) -> float | None:
        """The smallest value that this percentage of the samples does not exceed."""
        if not self.values:
            return None
        wanted, reached = percent / 100 * self.count, 0.0
        for value in sorted(self.values):
            reached += self.values[value]
            if reached >= wanted - 1e-9:
                return value
        return self.maximum


def summarize(samples: Iterable[Sample]) -> Summary:
    summary = Summary()
    for sample in samples:
        summary.add(sample)
    return summary


def percent_of(statistic: str) -> float:
    """Returns 99.0 for ``p99``; raises UnsupportedError for a statistic that is not a percentile."""
    found = _PERCENTILE.fullmatch(statistic)
    if not found:
        raise UnsupportedError(f"cloudwatch: the statistic {statistic}")
    return float(found[1])


def check_statistic(name: str) -> None:
    """Raises UnsupportedError for a statistic that is neither simple nor a percentile."""
    if name not in SIMPLE_STATISTICS:
        percent_of(name)


def _check_numbers(name: str, numbers: Iterable[float]) -> None:
    wrong = [number for number in numbers if not math.isfinite(number)]
    if wrong:
        raise AwsError("InvalidParameterValue", f"{name} has the value {wrong[0]}, which is not a finite number.")
