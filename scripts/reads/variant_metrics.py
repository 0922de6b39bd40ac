"""What CloudWatch counted for a production variant's requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts import cloud

#: Periods of the datapoints; CloudWatch keeps those of a minute for 15 days, those of an hour for 15 months.
_SHORT, _LONG = 60, 3600
_SHORT_SPAN = timedelta(hours=20)
_MICROSECONDS_PER_MILLISECOND = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """``errors`` are 5XX answers; ``p99_milliseconds`` is the datapoints' mean, weighted by their requests."""

    invocations: int
    errors: int
    p99_milliseconds: float | None


def counted(endpoint: str, variant: str, since: datetime) -> Counted:
    """Since that time, to the minute or, long after it, to the hour."""
    client, now = cloud.client("cloudwatch"), datetime.now(UTC)
    period = _SHORT if now - since < _SHORT_SPAN else _LONG
    queries = [
        _query("invocations", "Invocations", "Sum", endpoint, variant, period),
        _query("errors", "Invocation5XXErrors", "Sum", endpoint, variant, period),
        _query("p99", "ModelLatency", "p99", endpoint, variant, period),
        _query("count", "ModelLatency", "SampleCount", endpoint, variant, period),
    ]
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=begin(since, now, period), EndTime=now + timedelta(seconds=period)
    )
    values: dict[str, dict[datetime, float]] = {query["Id"]: {} for query in queries}
    for page in pages:
        for result in page["MetricDataResults"]:
            values[result["Id"]] |= dict(zip(result["Timestamps"], result["Values"], strict=True))
    return Counted(
        invocations=round(sum(values["invocations"].values())),
        errors=round(sum(values["errors"].values())),
        p99_milliseconds=mean_by_count(values["p99"], values["count"]),
    )


def begin(since: datetime, now: datetime, period_seconds: int) -> datetime:
    """The first whole period after it; the period that contains it, as long as there is hardly another one.

    That period also contains what was counted before: at the start of an experiment, mostly the gate's own requests.
    """
    period = timedelta(seconds=period_seconds)
    whole = since - timedelta(seconds=since.timestamp() % period_seconds)
    return whole + period if now - whole >= 3 * period else whole


def mean_by_count(values: dict[datetime, float], counts: dict[datetime, float]) -> float | None:
    """Milliseconds from microseconds; None if nothing was counted."""
    total = sum(counts.get(when, 0.0) for when in values)
    if not total:
        return None
    return sum(value * counts.get(when, 0.0) for when, value in values.items()) / total / _MICROSECONDS_PER_MILLISECOND


def _query(identifier: str, metric: str, statistic: str, endpoint: str, variant: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    named = {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": identifier, "MetricStat": {"Metric": named, "Period": period, "Stat": statistic}}
