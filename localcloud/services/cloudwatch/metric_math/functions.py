"""AWS's functions, by name: which types each takes, and what it makes of them."""

from __future__ import annotations

import inspect
import math
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.metric_math.errors import ExpressionError, NoSeriesError
from localcloud.services.cloudwatch.metric_math.filling import fill
from localcloud.services.cloudwatch.metric_math.values import Series, Value, attempt, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Functions that need what the local cloud has not: they are refused by name.
NOT_SERVED = frozenset(
    {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SEARCH", "SERVICE_QUOTA"}
)


@dataclass(frozen=True, slots=True)
class Word:
    """An argument that is a word, such as ``REPEAT``."""

    value: str


Argument = Value | Word


class _WrongTypeError(Exception):
    """A function got an argument of a type that it does not take."""


def call(name: str, arguments: list[Argument]) -> Value:
    """Raises ExpressionError for a function that AWS has not, or for arguments of other types than it takes."""
    if name not in _FUNCTIONS:
        raise ExpressionError(f"Function '{name}' not found")
    function = _FUNCTIONS[name]
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise _refused(name, arguments) from error
    try:
        return function(*arguments)
    except _WrongTypeError as error:
        raise _refused(name, arguments) from error


def _refused(name: str, arguments: list[Argument]) -> ExpressionError:
    kinds = ", ".join(argument.value if isinstance(argument, Word) else kind_of(argument) for argument in arguments)
    return ExpressionError(f"Function {name} does not take the arguments ({kinds})")


def _each(change: Callable[[Series], Series]) -> Callable[[Argument], Value]:
    """A function of one series, or of each series of an array."""

    def function(value: Argument) -> Value:
        if isinstance(value, list):
            return [change(each) for each in value]
        if isinstance(value, Series):
            return change(value)
        raise _WrongTypeError

    return function


def _point(change: Callable[[float], float]) -> Callable[[Argument], Value]:
    return _each(lambda series: series.mapped(change))


def _aggregate(
    whole: Callable[[Series], float], across: Callable[[list[float], int], float]
) -> Callable[[Argument], Value]:
    """A number of one series' points; of an array, a series.

    ``across`` gets the points of one time and the number of series.
    """

    def function(value: Argument) -> Value:
        if isinstance(value, Series):
            return whole(value)
        if isinstance(value, list):
            return _across(value, across)
        raise _WrongTypeError

    return function


def _across(array: list[Series], across: Callable[[list[float], int], float]) -> Value:
    if not array:
        raise NoSeriesError
    columns = ([each.points[at] for each in array] for at in range(len(array[0].points)))
    present = ([point for point in column if point is not None] for column in columns)
    return array[0].of(across(points, len(array)) if points else None for points in present)


def _of_present(combine: Callable[[list[float]], float]) -> Callable[[Argument], Value]:
    """A number of the points that there are; without any there is none."""
    return _aggregate(
        lambda series: combine(points) if (points := series.present()) else math.nan,
        lambda points, _: combine(points),
    )


def _steps(change: Callable[[float, float], float]) -> Callable[[Argument], Value]:
    """Each point against the one before it: ``change`` gets the differences of the values and of the seconds."""

    def one(series: Series) -> Series:
        return series.of(_stepped(series, change))

    return _each(one)


def _stepped(series: Series, change: Callable[[float, float], float]) -> Iterator[float | None]:
    before: tuple[int, float] | None = None
    for at, point in enumerate(series.points):
        if point is None or before is None:
            yield None
        else:
            yield attempt(change, point - before[1], (at - before[0]) * series.grid.period)
        if point is not None:
            before = (at, point)


def _running_sum(series: Series) -> Series:
    total = 0.0
    points: list[float | None] = []
    for point in series.points:
        total += point or 0.0
        points.append(None if point is None else total)
    return series.of(points)


def _moment(part: Callable[[datetime], float]) -> Callable[[Argument], Value]:
    """A part of each period's start in UTC, whether the series has a point there or not."""

    def function(value: Argument) -> Value:
        if not isinstance(value, Series):
            raise _WrongTypeError
        return value.of(part(datetime.fromtimestamp(time, UTC)) for time in value.grid.times)

    return function


def _if(condition: Argument, yes: Argument, no: Argument | None = None) -> Value:
    if any(isinstance(each, Word | list) for each in (condition, yes, no)):
        raise _WrongTypeError
    if isinstance(condition, Series):
        return condition.of(
            None if point is None else _chosen(point, yes, no, at) for at, point in enumerate(condition.points)
        )
    if not isinstance(yes, Series) or not isinstance(condition, float | int):
        raise _WrongTypeError
    if condition:
        return yes
    return yes.of(_at(no, at) for at in range(len(yes.points)))


def _chosen(condition: float, yes: Argument, no: Argument | None, at: int) -> float | None:
    """AWS's asymmetry: where the condition holds, a missing point is 0; where it does not, it is dropped."""
    return _at(no, at) if condition == 0 else (_at(yes, at) or 0.0)


def _at(value: Argument | None, at: int) -> float | None:
    if isinstance(value, Series):
        return value.points[at]
    return float(value) if isinstance(value, float | int) else None


def _period(value: Argument) -> Value:
    if not isinstance(value, Series):
        raise _WrongTypeError
    if not value.metric:
        raise ExpressionError("Function PERIOD takes a metric, not the result of an expression")
    return float(value.grid.period)


def _fill(value: Argument, filler: Argument) -> Value:
    with_what = filler.value if isinstance(filler, Word) else filler
    if isinstance(with_what, list) or isinstance(value, Word | float | int):
        raise _WrongTypeError
    if isinstance(with_what, str) and with_what not in ("REPEAT", "LINEAR"):
        raise ExpressionError(f"Function FILL fills with a number, a time series, REPEAT or LINEAR, not {with_what}")
    return [fill(each, with_what) for each in value] if isinstance(value, list) else fill(value, with_what)


def _slice(array: Argument, start: Argument, end: Argument | None = None) -> Value:
    if not isinstance(array, list) or not isinstance(start, float) or not isinstance(end, float | None):
        raise _WrongTypeError
    return array[int(start) : None if end is None else int(end)]


def _sort(array: Argument, by: Argument, order: Argument, most: Argument | None = None) -> Value:
    if not (isinstance(array, list) and isinstance(by, Word) and isinstance(order, Word)):
        raise _WrongTypeError
    if by.value not in ("AVG", "MIN", "MAX", "SUM") or order.value not in ("ASC", "DESC"):
        raise ExpressionError(f"Function SORT sorts by AVG, MIN, MAX or SUM, ASC or DESC: {by.value}, {order.value}")
    measured = [(float(value) if isinstance(value := call(by.value, [each]), float) else 0.0, each) for each in array]
    descending = order.value == "DESC"
    measured.sort(key=lambda pair: (math.isnan(pair[0]), -pair[0] if descending else pair[0]))
    return [each for _, each in measured][: int(most) if isinstance(most, float) else None]


def _nth(index: int) -> Callable[[Argument], Value]:
    def function(array: Argument) -> Value:
        if not isinstance(array, list):
            raise _WrongTypeError
        if not array:
            raise NoSeriesError
        return array[index]

    return function


def _of_array(change: Callable[[list[Series]], Value]) -> Callable[[Argument], Value]:
    def function(value: Argument) -> Value:
        if isinstance(value, list):
            return change(value)
        raise _WrongTypeError

    return function


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": _point(abs),
    "AVG": _aggregate(
        # Missing points are 0 here, which is why AWS has DATAPOINT_COUNT "for averages of sparse metrics".
        lambda series: sum(series.present()) / len(series.points) if series.points else math.nan,
        lambda points, number: sum(points) / number,
    ),
    "CEIL": _point(math.ceil),
    "DATAPOINT_COUNT": _aggregate(lambda series: float(len(series.present())), lambda points, _: float(len(points))),
    "DATE": _moment(lambda time: time.day),
    "DAY": _moment(lambda time: time.isoweekday()),
    "DIFF": _steps(lambda value, _: value),
    "DIFF_TIME": _steps(lambda _, seconds: seconds),
    "EPOCH": _moment(lambda time: time.timestamp()),
    "FILL": _fill,
    "FIRST": _nth(0),
    "FLOOR": _point(math.floor),
    "HOUR": _moment(lambda time: time.hour),
    "IF": _if,
    "LAST": _nth(-1),
    "LOG": _point(math.log),
    "LOG10": _point(math.log10),
    "MAX": _of_present(max),
    "METRIC_COUNT": _of_array(lambda array: float(len(array))),
    "MIN": _of_present(min),
    "MINUTE": _moment(lambda time: time.minute),
    "MONTH": _moment(lambda time: time.month),
    "PERIOD": _period,
    "RATE": _steps(lambda value, seconds: value / seconds),
    "REMOVE_EMPTY": _of_array(lambda array: [each for each in array if each.present()]),
    "RUNNING_SUM": _each(_running_sum),
    "SLICE": _slice,
    "SORT": _sort,
    "STDDEV": _of_present(statistics.pstdev),
    "SUM": _aggregate(lambda series: float(sum(series.present())), lambda points, _: sum(points)),
    "YEAR": _moment(lambda time: time.year),
}
