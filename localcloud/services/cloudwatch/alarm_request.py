"""Reads an alarm from PutMetricAlarm's parameters, with AWS's defaults. Refuses what AWS or we cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudwatch.evaluation import COMPARISONS
from localcloud.services.cloudwatch.metric_math.values import Grid, Series
from localcloud.services.cloudwatch.metric_queries import MetricQueries
from localcloud.services.cloudwatch.samples import check_statistic

if TYPE_CHECKING:
    from localcloud.platform.service import Params

#: What an alarm on one metric has. An alarm with Metrics has it in there.
_OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_MOST_METRICS = 10
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_KEPT = (
    *("AlarmName", "AlarmDescription", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit"),
    *("EvaluationPeriods", "Threshold", "ComparisonOperator", "EvaluateLowSampleCountPercentile"),
    *("DatapointsToAlarm", "TreatMissingData", "Metrics"),
)
_DEFAULTED = ("ActionsEnabled", "Dimensions", *_ACTIONS)
#: The services whose resources can be actions: topics and scaling policies.
_ACTING = ("sns", "autoscaling")
_SHORT_PERIODS = (10, 20, 30)
_DAY_SECONDS = 86_400
_COLONS_OF_AN_ARN = 5
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")


def alarm_from(params: Params) -> Params:
    """Raises AwsError for what AWS refuses, UnsupportedError for what the local cloud does not evaluate."""
    accept_only(params, (*_KEPT, *_DEFAULTED, "Tags"), "cloudwatch:PutMetricAlarm")
    alarm = {
        **{name: params[name] for name in _KEPT if params.get(name) not in (None, [])},
        "ActionsEnabled": params.get("ActionsEnabled", True),
        "Dimensions": params.get("Dimensions") or [],
        **{name: params.get(name) or [] for name in _ACTIONS},
    }
    _check_measure(alarm)
    _check_times(alarm)
    _check_actions(alarm)
    if alarm["ComparisonOperator"] not in COMPARISONS:
        raise UnsupportedError(f"cloudwatch:PutMetricAlarm with ComparisonOperator {alarm['ComparisonOperator']}")
    if treat_missing_data(alarm) not in _TREATMENTS:
        raise _invalid("TreatMissingData", alarm["TreatMissingData"], " or ".join(_TREATMENTS))
    return alarm


def _check_measure(alarm: Params) -> None:
    by_metrics = bool(alarm.get("Metrics"))
    wanted = ("EvaluationPeriods", "Threshold", "ComparisonOperator")
    missing = [
        name
        for name in (wanted if by_metrics else ("MetricName", "Namespace", "Period", *wanted))
        if alarm.get(name) is None
    ]
    if missing:
        raise AwsError("MissingParameter", f"The alarm {alarm['AlarmName']} needs {', '.join(missing)}.")
    if by_metrics:
        _check_metrics(alarm)
        return
    if ("Statistic" in alarm) == ("ExtendedStatistic" in alarm):
        raise AwsError("ValidationError", "An alarm has either a Statistic or an ExtendedStatistic.")
    check_statistic(statistic_of(alarm))
    low = alarm.get("EvaluateLowSampleCountPercentile")
    if low not in (None, "evaluate", "ignore"):
        raise _invalid("EvaluateLowSampleCountPercentile", low, "evaluate or ignore")
    if low is not None and "ExtendedStatistic" not in alarm:
        raise AwsError("ValidationError", "EvaluateLowSampleCountPercentile is for percentiles only.")


def _check_metrics(alarm: Params) -> None:
    """Metrics stand alone, and one of them is a single time series that the alarm watches."""
    also = [name for name in _OF_ONE_METRIC if alarm.get(name)]
    if also:
        raise AwsError("ValidationError", f"An alarm with Metrics cannot have {', '.join(also)}.")
    if "EvaluateLowSampleCountPercentile" in alarm:
        raise UnsupportedError("cloudwatch:PutMetricAlarm with Metrics and EvaluateLowSampleCountPercentile")
    queries = queries_of(alarm)
    if sum(query.returned for query in queries.all()) != 1:
        raise AwsError("ValidationError", "Exactly one element of the metrics list should return data.")
    if sum(query.stat is not None for query in queries.all()) > _MOST_METRICS:
        raise AwsError(
            "ValidationError", f"Alarms on math expressions cannot contain more than {_MOST_METRICS} individual metrics"
        )
    # Types do not depend on values: one period tells.
    id_, grid = watched(queries), Grid(times=(0.0,), period=period_of(alarm))
    if not isinstance(queries.value(id_, grid, lambda _, __: (1.0,)), Series):
        raise AwsError(
            "ValidationError", f"Error in expression '{id_}': An alarm watches a single time series, not an array."
        )


def _check_times(alarm: Params) -> None:
    period, periods, to_alarm = period_of(alarm), alarm["EvaluationPeriods"], datapoints_to_alarm(alarm)
    if period not in _SHORT_PERIODS and (period <= 0 or period % 60):
        raise _invalid("Period", period, "10, 20, 30 or a multiple of 60")
    if periods < 1 or not 1 <= to_alarm <= periods:
        raise _invalid("DatapointsToAlarm", to_alarm, f"from 1 to EvaluationPeriods, which are {periods}")
    if period * periods > _DAY_SECONDS:
        raise AwsError(
            "ValidationError", f"Metrics cannot be checked across more than a day: {periods} periods of {period} s."
        )


def _check_actions(alarm: Params) -> None:
    for kind in _ACTIONS:
        for action in alarm[kind]:
            if not action.startswith("arn:") or action.count(":") < _COLONS_OF_AN_ARN:
                raise _invalid(kind, action, "an ARN")
            if action.split(":")[2] not in _ACTING:
                raise UnsupportedError(f"cloudwatch:PutMetricAlarm with the action {action}")


def datapoints_to_alarm(alarm: Params) -> int:
    """By default all. An alarm's description has only what was given."""
    found: int = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return found


def treat_missing_data(alarm: Params) -> str:
    """By default ``missing``, which no description has unless it was given."""
    found: str = alarm.get("TreatMissingData", "missing")
    return found


def queries_of(alarm: Params) -> MetricQueries:
    return MetricQueries(alarm["Metrics"], "cloudwatch:PutMetricAlarm")


def watched(queries: MetricQueries) -> str:
    """The Id of the query that an alarm watches."""
    return next(query.id for query in queries.all() if query.returned)


def period_of(alarm: Params) -> int:
    if not alarm.get("Metrics"):
        return int(alarm["Period"])
    queries = queries_of(alarm)
    return queries.period(watched(queries))


def statistic_of(alarm: Params) -> str:
    name: str = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    return name


def _invalid(name: str, value: object, allowed: str) -> AwsError:
    return AwsError("ValidationError", f"{name} = {value!r} is not {allowed}.")
