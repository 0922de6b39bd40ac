"""Metrics: put, listed, and read back by statistic and period."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.base import CloudWatchOperations
from localcloud.services.cloudwatch.metric_math.values import Grid, Series
from localcloud.services.cloudwatch.metric_queries import MetricQueries, Query, label_of
from localcloud.services.cloudwatch.metric_store import epoch_seconds
from localcloud.services.cloudwatch.samples import (
    Metric,
    Sample,
    Summary,
    check_statistic,
    summarize,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATUM = {
    *("MetricName", "Dimensions", "Timestamp", "Value", "StatisticValues"),
    *("Values", "Counts", "Unit", "StorageResolution"),
}
#: What GetMetricStatistics answers at most.
_MOST_DATAPOINTS = 1440
#: What GetMetricData answers at most.
_MOST_IN_ALL = 100_800
_MOST_DIMENSIONS = 30
_MINUTE = 60
_PAGE = 500


class Metrics(CloudWatchOperations):
    @operation("PutMetricData")
    def put_metric_data(self, _: Call, params: Params) -> Params:
        accept_only(params, {"Namespace", "MetricData", "StrictEntityValidation"}, "cloudwatch:PutMetricData")
        data = params.get("MetricData") or []
        if not data:
            raise AwsError("MissingParameter", "The parameter MetricData is required.")
        for datum in data:
            accept_only(datum, _DATUM, "cloudwatch:PutMetricData with a datum")
            if len(datum.get("Dimensions") or []) > _MOST_DIMENSIONS:
                raise AwsError(
                    "InvalidParameterValue", f"{datum['MetricName']} has over {_MOST_DIMENSIONS} dimensions."
                )
        self.samples.put(params["Namespace"], data)
        return {}

    @operation("ListMetrics")
    def list_metrics(self, _: Call, params: Params) -> Params:
        known = {"Namespace", "MetricName", "Dimensions", "NextToken", "RecentlyActive"}
        accept_only(params, known, "cloudwatch:ListMetrics")
        found = [metric.described() for metric in self.samples.metrics() if _listed(metric, params)]
        shown, more = page_tokens.cut(found, params, _PAGE, code="InvalidNextToken")
        return {"Metrics": shown, **more}

    @operation("GetMetricStatistics")
    def get_metric_statistics(self, _: Call, params: Params) -> Params:
        simple, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
        if not simple and not extended:
            raise AwsError("MissingParameter", "GetMetricStatistics needs Statistics or ExtendedStatistics.")
        for name in extended:
            check_statistic(name)
        datapoints = []
        _check_times(params, params["Period"], "InvalidParameterValue")
        _check_count(params, params["Period"])
        for start, summary in self._by_unit(Metric.of(params), params):
            extra = {name: value for name in extended if (value := summary.statistic(name)) is not None}
            datapoints.append(
                {
                    "Timestamp": datetime.fromtimestamp(start, UTC),
                    "Unit": summary.unit,
                    **{name: summary.statistic(name) for name in simple},
                    **({"ExtendedStatistics": extra} if extra else {}),
                }
            )
        return {"Label": params["MetricName"], "Datapoints": datapoints}

    @operation("GetMetricData")
    def get_metric_data(self, _: Call, params: Params) -> Params:
        known = {"MetricDataQueries", "StartTime", "EndTime", "ScanBy", "MaxDatapoints"}
        accept_only(params, known, "cloudwatch:GetMetricData")
        queries = MetricQueries(params["MetricDataQueries"], "cloudwatch:GetMetricData")
        wanted = [query for query in queries.all() if query.returned]
        results = [result for query in wanted for result in self._results(queries, query, params)]
        _distinguish(results, wanted)
        if sum(len(result["Values"]) for result in results) > (params.get("MaxDatapoints") or _MOST_IN_ALL):
            raise UnsupportedError("cloudwatch:GetMetricData with more values than MaxDatapoints")
        return {"MetricDataResults": results, "Messages": []}

    def _results(self, queries: MetricQueries, query: Query, params: Params) -> list[Params]:
        """One result, or one for each time series of an expression's array."""
        period = queries.period(query.id)
        _check_times(params, period, "ValidationError")
        if query.stat is not None:
            found = self._statistics(query.stat, params)
            return [_result(query.id, label_of(query), found, params)]
        value = queries.value(query.id, _grid(params, period), lambda stat, grid: self._points(stat, grid, params))
        if isinstance(value, Series):
            return [_result(query.id, label_of(query), _known(value), params)]
        # Those of an array say both which expression and which metric.
        return [
            _result(query.id, f"{label_of(query)} {series.label}".strip(), _known(series), params) for series in value
        ]

    def _statistics(self, stat: Params, params: Params) -> list[tuple[float, float]]:
        """(start, value) of each period that has one, oldest first."""
        return [
            (start, value)
            for start, summary in self._periods(Metric.of(stat["Metric"]), params, stat["Period"], stat.get("Unit"))
            if (value := summary.statistic(stat["Stat"])) is not None
        ]

    def _points(self, stat: Params, grid: Grid, params: Params) -> list[float | None]:
        found = dict(self._statistics(stat, params))
        return [found.get(time) for time in grid.times]

    def _by_unit(self, metric: Metric, params: Params) -> Iterable[tuple[float, Summary]]:
        """(start, summary) of each period and unit, oldest first."""
        period, unit = params["Period"], params.get("Unit")
        start, end = epoch_seconds(params["StartTime"]), epoch_seconds(params["EndTime"])
        units = {sample.unit for sample in self.samples.samples(metric, start - period - _MINUTE, end, unit)}
        found = [each for one in sorted(units) for each in self._periods(metric, params, period, one)]
        return sorted(found, key=lambda each: each[0])

    def _periods(
        self, metric: Metric, params: Params, period: int, unit: str | None
    ) -> Iterable[tuple[float, Summary]]:
        """(start, summary) of each period that has samples, oldest first."""
        start, end = epoch_seconds(params["StartTime"]), epoch_seconds(params["EndTime"])
        start -= start % period
        periods: dict[float, list[Sample]] = {}
        for sample in self.samples.samples(metric, start - start % _MINUTE, end, unit):
            if (stored := _stored_at(sample)) >= start:
                periods.setdefault(stored - stored % period, []).append(sample)
        return [(begin, summarize(samples)) for begin, samples in sorted(periods.items())]


def _check_times(params: Params, period: int, code: str) -> None:
    """``code``: what the operation says of a time that ends before it begins."""
    if period % _MINUTE and period not in {1, 5, 10, 20, 30}:
        raise AwsError(code, f"Period {period} is not 1, 5, 10, 20, 30 or a multiple of 60.")
    if epoch_seconds(params["StartTime"]) >= epoch_seconds(params["EndTime"]):
        raise AwsError(code, "The parameter StartTime must be less than the parameter EndTime.")


def _check_count(params: Params, period: int) -> None:
    most = math.ceil((epoch_seconds(params["EndTime"]) - epoch_seconds(params["StartTime"])) / period)
    if most > _MOST_DATAPOINTS:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {most} datapoints, which exceeds the limit of {_MOST_DATAPOINTS}. You may "
            "reduce the datapoints requested by increasing Period.",
        )


def _grid(params: Params, period: int) -> Grid:
    """The periods of a request. Raises UnsupportedError for more than it may answer."""
    start, end = epoch_seconds(params["StartTime"]), epoch_seconds(params["EndTime"])
    start -= start % period
    number = math.ceil((end - start) / period)
    if number > _MOST_IN_ALL:
        raise UnsupportedError(f"cloudwatch:GetMetricData with an expression over {number} periods")
    return Grid(times=tuple(start + period * at for at in range(number)), period=period)


def _known(series: Series) -> list[tuple[float, float]]:
    pairs = zip(series.grid.times, series.points, strict=True)
    return [(time, point) for time, point in pairs if point is not None]


def _result(id_: str, label: str, found: list[tuple[float, float]], params: Params) -> Params:
    newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    ordered = sorted(found, reverse=newest_first)
    return {
        "Id": id_,
        "Label": label,
        "Timestamps": [datetime.fromtimestamp(start, UTC) for start, _ in ordered],
        "Values": [value for _, value in ordered],
        "StatusCode": "Complete",
    }


def _distinguish(results: list[Params], queries: list[Query]) -> None:
    """Gives results of one metric the name of their statistic, where the caller gave no label."""
    stats = {query.id: query.stat for query in queries if query.stat is not None}
    labelled = {query.id for query in queries if query.label is not None}
    metrics = {id_: Metric.of(stat["Metric"]) for id_, stat in stats.items()}
    for result in results:
        metric = metrics.get(result["Id"])
        if metric and result["Id"] not in labelled and list(metrics.values()).count(metric) > 1:
            result["Label"] = f"{metric.name} {stats[result['Id']]['Stat']}"


def _stored_at(sample: Sample) -> float:
    """The time of a stored sample. A metric of standard resolution has whole minutes only."""
    return sample.timestamp if sample.high_resolution else sample.timestamp - sample.timestamp % _MINUTE


def _listed(metric: Metric, params: Params) -> bool:
    wanted = [(each["Name"], each.get("Value")) for each in params.get("Dimensions") or []]
    dimensions = dict(metric.dimensions)
    return (
        params.get("Namespace") in (None, metric.namespace)
        and params.get("MetricName") in (None, metric.name)
        and all(name in dimensions and value in (None, dimensions[name]) for name, value in wanted)
    )
