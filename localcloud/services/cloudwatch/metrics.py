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
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        wanted = [query for query in params["MetricDataQueries"] if query.get("ReturnData", True)]
        results = [self._query(query, params, newest_first=newest_first) for query in wanted]
        _distinguish(results, wanted)
        if sum(len(result["Values"]) for result in results) > (params.get("MaxDatapoints") or _MOST_IN_ALL):
            raise UnsupportedError("cloudwatch:GetMetricData with more values than MaxDatapoints")
        return {"MetricDataResults": results, "Messages": []}

    def _query(self, query: Params, params: Params, *, newest_first: bool) -> Params:
        accept_only(query, {"Id", "MetricStat", "Label", "ReturnData"}, "cloudwatch:GetMetricData with a query")
        stat = query.get("MetricStat")
        if stat is None:
            raise AwsError("ValidationError", f"The query {query['Id']} has neither a MetricStat nor an Expression.")
        check_statistic(stat["Stat"])
        _check_times(params, stat["Period"], "ValidationError")
        metric = Metric.of(stat["Metric"])
        found = [
            (datetime.fromtimestamp(start, UTC), value)
            for start, summary in self._periods(metric, params, stat["Period"], stat.get("Unit"))
            if (value := summary.statistic(stat["Stat"])) is not None
        ]
        found.sort(reverse=newest_first)
        return {
            "Id": query["Id"],
            "Label": query.get("Label", metric.name),
            "Timestamps": [stamp for stamp, _ in found],
            "Values": [value for _, value in found],
            "StatusCode": "Complete",
        }

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


def _distinguish(results: list[Params], queries: list[Params]) -> None:
    """Gives results of one metric the name of their statistic, where the caller gave no label."""
    metrics = [Metric.of(query["MetricStat"]["Metric"]) for query in queries]
    for result, query, metric in zip(results, queries, metrics, strict=True):
        if "Label" not in query and metrics.count(metric) > 1:
            result["Label"] = f"{metric.name} {query['MetricStat']['Stat']}"


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
