"""Evaluates a tree: names are the results of other queries, METRICS() are the request's metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError
from localcloud.services.cloudwatch.metric_math import functions
from localcloud.services.cloudwatch.metric_math.errors import ExpressionError
from localcloud.services.cloudwatch.metric_math.functions import Argument, Word
from localcloud.services.cloudwatch.metric_math.syntax import (
    Array,
    Function,
    Name,
    Negative,
    Node,
    Number,
    Operation,
    Text,
    walk,
)
from localcloud.services.cloudwatch.metric_math.values import Grid, Series, Value, combine, kind_of, negative

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an expression sees of its request."""

    grid: Grid
    metrics: Mapping[str, Series]
    """Metrics by Id, without the results of expressions."""
    result: Callable[[str], Value]
    """The result of the query with this Id."""


def used(node: Node) -> set[str]:
    """The Ids that an expression names. AWS's Ids begin with a small letter, and its words with a capital one."""
    return {each.value for each in walk(node) if isinstance(each, Name) and each.value[0].islower()}


def takes_all_metrics(node: Node) -> bool:
    return any(isinstance(each, Function) and each.name == "METRICS" for each in walk(node))


def evaluate(node: Node, around: Surroundings) -> Value:
    """Raises ExpressionError for what AWS refuses, UnsupportedError for what the local cloud does not calculate."""
    match node:
        case Number(value):
            return value
        case Negative(operand):
            return negative(evaluate(operand, around))
        case Operation():
            return _combined(node, around)
        case Array(items):
            return _array([evaluate(item, around) for item in items])
        case Function(name, arguments):
            return _called(name, arguments, around)
        case Name(value):
            if value[0].islower():
                return around.result(value)
            raise ExpressionError(f"Unexpected token: {value}")
        case Text(value):
            raise ExpressionError(f'Unexpected token: "{value}"')


def _combined(node: Operation, around: Surroundings) -> Value:
    """Operators in a row, from the left. They are as many as an expression has room for, so nothing calls itself."""
    row = [node]
    while isinstance(row[-1].left, Operation):
        row.append(row[-1].left)
    found = evaluate(row[-1].left, around)
    for each in reversed(row):
        found = combine(each.operator, found, evaluate(each.right, around))
    return found


def _array(items: list[Value]) -> list[Series]:
    """Arrays in an array are taken apart, as in ``[METRICS("4xx"), METRICS("5xx")]``."""
    found: list[Series] = []
    for item in items:
        if not isinstance(item, Series | list):
            raise ExpressionError(f"An array holds time series, not '{kind_of(item)}'")
        found.extend(item if isinstance(item, list) else [item])
    return found


def _called(name: str, arguments: tuple[Node, ...], around: Surroundings) -> Value:
    if name in functions.NOT_SERVED:
        raise UnsupportedError(f"cloudwatch: the function {name} in an expression")
    if name == "METRICS":
        return _metrics(arguments, around)
    values = [_argument(each, around) for each in arguments]
    if name == "TIME_SERIES" and len(values) == 1 and isinstance(values[0], float):
        grid = around.grid
        return Series(grid=grid, points=()).of([values[0]] * len(grid.times))
    return functions.call(name, values)


def _argument(node: Node, around: Surroundings) -> Argument:
    if isinstance(node, Name) and not node.value[0].islower():
        return Word(node.value)
    return evaluate(node, around)


def _metrics(arguments: tuple[Node, ...], around: Surroundings) -> list[Series]:
    match arguments:
        case ():
            return list(around.metrics.values())
        case (Text(part),):
            return [series for id_, series in around.metrics.items() if part in id_]
        case _:
            raise ExpressionError("Function METRICS takes nothing, or a text that Ids contain")
