"""Numbers, time series and arrays of time series, and how operators combine them."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.metric_math.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """The periods that a request looks at, oldest first. All series of a request have them in common."""

    times: tuple[float, ...]
    """The start of each period, in seconds since the epoch."""
    period: int
    """Seconds, as AWS counts them: a local cloud's clock may run faster."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    grid: Grid
    points: tuple[float | None, ...]
    """A value or None for each period of the grid."""
    label: str = ""
    metric: bool = False
    """Whether it is a metric, and not what an expression made of one."""

    def mapped(self, change: Callable[[float], float]) -> Series:
        """Missing points stay missing. A value that becomes no number is dropped."""
        return self.of(None if point is None else attempt(change, point) for point in self.points)

    def of(self, points: Iterable[float | None]) -> Series:
        """Another series in this one's place. What is no finite number is no point."""
        kept = tuple(point if point is not None and math.isfinite(point) else None for point in points)
        return replace(self, points=kept, metric=False)

    def present(self) -> list[float]:
        return [point for point in self.points if point is not None]


Value = float | Series | list[Series]

_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "AND": lambda left, right: left != 0 and right != 0,
    "OR": lambda left, right: left != 0 or right != 0,
}
_ARITHMETIC = frozenset("+-*/^")


def combine(sign: str, left: Value, right: Value) -> Value:
    """What an operator makes of two values.

    Between two series, the one that has no point counts as 0; where neither has one, there is none. A division by zero
    makes no point.
    """
    if isinstance(left, list) or isinstance(right, list):
        return _combine_arrays(sign, left, right)
    apply = _OPERATORS[sign]
    if isinstance(left, Series) and isinstance(right, Series):
        pairs = zip(left.points, right.points, strict=True)
        return left.of(None if a is b is None else attempt(apply, a or 0.0, b or 0.0) for a, b in pairs)
    if isinstance(left, Series):
        number = _number(right)
        return left.mapped(lambda point: apply(point, number))
    if isinstance(right, Series):
        other = _number(left)
        return right.mapped(lambda point: apply(other, point))
    return attempt(apply, left, right)


def negative(value: Value) -> Value:
    if isinstance(value, list):
        return [each.mapped(operator.neg) for each in value]
    return value.mapped(operator.neg) if isinstance(value, Series) else -value


def attempt(apply: Callable[..., float], *numbers: float) -> float:
    """The result, or ``nan`` where there is none, such as of a division by zero."""
    try:
        return float(apply(*numbers))
    except (ArithmeticError, ValueError):
        return math.nan


def kind_of(value: Value) -> str:
    """AWS's short word for a type."""
    if isinstance(value, list):
        return "TS[]"
    return "TS" if isinstance(value, Series) else "S"


def _combine_arrays(sign: str, left: Value, right: Value) -> Value:
    if sign not in _ARITHMETIC or (isinstance(left, list) and isinstance(right, list)):
        raise ExpressionError(f"Unsupported operand type(s) for {sign}: '{kind_of(left)}' and '{kind_of(right)}'")
    if isinstance(left, list):
        return [_series(combine(sign, each, right), each.label) for each in left]
    return [_series(combine(sign, left, each), each.label) for each in members(right)]


def members(value: Value) -> list[Series]:
    """The series of an array; raises TypeError for another type."""
    if isinstance(value, list):
        return value
    raise TypeError(f"not an array: {value!r}")


def _series(value: Value, label: str) -> Series:
    if isinstance(value, Series):
        return replace(value, label=label)
    raise TypeError(f"not a time series: {value!r}")


def _number(value: Value) -> float:
    if isinstance(value, float | int):
        return value
    raise TypeError(f"not a number: {value!r}")
