"""MetricDataQueries of GetMetricData and of alarms: read and checked as a whole, then evaluated period by period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudwatch.metric_math.errors import ExpressionError, NoSeriesError
from localcloud.services.cloudwatch.metric_math.expressions import Surroundings, evaluate, takes_all_metrics, used
from localcloud.services.cloudwatch.metric_math.syntax import Node, parse
from localcloud.services.cloudwatch.metric_math.values import Grid, Series, Value
from localcloud.services.cloudwatch.samples import check_statistic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.platform.service import Params

    #: A MetricStat and the periods that are looked at → its points, oldest first.
    Reader = Callable[[Params, Grid], Sequence[float | None]]

_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_KNOWN = {"Id", "MetricStat", "Expression", "Label", "ReturnData", "Period"}
_MOST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    id: str
    label: str | None
    returned: bool
    period: int | None
    stat: Params | None
    expression: Node | None


class MetricQueries:
    """Ids are unique, and each expression names only other queries, and never itself by a detour."""

    def __init__(self, queries: Sequence[Params], what: str) -> None:
        """``what``: the operation, for refusals. Raises AwsError."""
        if len(queries) > _MOST:
            raise AwsError("ValidationError", f"{len(queries)} MetricDataQueries are over the limit of {_MOST}.")
        self._queries: dict[str, Query] = {}
        for each in queries:
            query = _read(each, what)
            if query.id in self._queries:
                raise AwsError("ValidationError", f"The Id {query.id} is not unique within the queries.")
            self._queries[query.id] = query
        for id_ in self._queries:
            self._check_names(id_)
            self._needed(id_, ())

    def all(self) -> list[Query]:
        return list(self._queries.values())

    def period(self, id_: str) -> int:
        """The period that the metrics behind a query have in common; its own where there is no metric."""
        query = self._queries[id_]
        if query.stat is not None:
            return int(query.stat["Period"])
        periods = {int(stat["Period"]) for each in self._needed(id_, ()) if (stat := self._queries[each].stat)}
        if query.period is not None:
            periods.add(query.period)
        if not periods:
            raise AwsError("ValidationError", "Period must not be null")
        if len(periods) > 1:
            listed = ", ".join(str(each) for each in sorted(periods))
            raise UnsupportedError(f"cloudwatch: the expression {id_} over the different periods {listed}")
        return periods.pop()

    def value(self, id_: str, grid: Grid, read: Reader) -> Series | list[Series]:
        """A query's result. Raises AwsError for an expression that breaks the rules of types or ends in a number."""
        found = _Run(self._queries, self._needed(id_, ()), grid, read).result(id_)
        if isinstance(found, Series | list):
            return found
        raise _refused(id_, "The result is a number, and must be a time series or an array of time series")

    def _check_names(self, id_: str) -> None:
        expression = self._queries[id_].expression
        unknown = sorted(used(expression) - self._queries.keys()) if expression else []
        if unknown:
            raise _refused(id_, f"Unresolved identifier '{unknown[0]}'")

    def _needed(self, id_: str, through: tuple[str, ...]) -> set[str]:
        """The metrics behind a query. Raises AwsError for a circle."""
        if id_ in through:
            raise _refused(id_, f"Circular dependency {' -> '.join([*through[through.index(id_) :], id_])}")
        expression = self._queries[id_].expression
        if expression is None:
            return {id_}
        found = {each.id for each in self.all() if each.stat} if takes_all_metrics(expression) else set()
        for name in used(expression):
            found |= self._needed(name, (*through, id_))
        return found


class _Run:
    """One evaluation. Each query is evaluated once, when it is first named."""

    def __init__(self, queries: dict[str, Query], needed: set[str], grid: Grid, read: Reader) -> None:
        self._queries = queries
        self._results: dict[str, Value] = {
            id_: self._metric(queries[id_], grid, read) for id_ in queries if id_ in needed
        }
        metrics = {id_: found for id_, found in self._results.items() if isinstance(found, Series)}
        self._around = Surroundings(grid=grid, metrics=metrics, result=self.result)

    def result(self, id_: str) -> Value:
        if id_ not in self._results:
            self._results[id_] = self._evaluated(id_)
        return self._results[id_]

    def _evaluated(self, id_: str) -> Value:
        expression = self._queries[id_].expression
        grid = self._around.grid
        if expression is None:
            raise KeyError(id_)
        try:
            found = evaluate(expression, self._around)
        except NoSeriesError:
            return Series(grid=grid, points=(None,) * len(grid.times), label=label_of(self._queries[id_]))
        except ExpressionError as error:
            raise _refused(id_, str(error)) from error
        return replace(found, label=label_of(self._queries[id_]), metric=False) if isinstance(found, Series) else found

    @staticmethod
    def _metric(query: Query, grid: Grid, read: Reader) -> Series:
        if query.stat is None:
            raise KeyError(query.id)
        return Series(grid=grid, points=tuple(read(query.stat, grid)), label=label_of(query), metric=True)


def label_of(query: Query) -> str:
    """The one that was given; else a metric's name, and an expression's Id."""
    name: str = query.stat["Metric"]["MetricName"] if query.stat else query.id
    return name if query.label is None else query.label


def _read(query: Params, what: str) -> Query:
    accept_only(query, _KNOWN, f"{what} with a query")
    id_, stat, expression = query["Id"], query.get("MetricStat"), query.get("Expression")
    if not _ID.fullmatch(id_):
        raise AwsError("ValidationError", f"The Id {id_} does not match the pattern ^[a-z][a-zA-Z0-9_]*$.")
    if (stat is None) == (expression is None):
        has = "neither a MetricStat nor" if stat is None else "both a MetricStat and"
        raise AwsError("ValidationError", f"The query {id_} has {has} an Expression.")
    if stat is not None:
        check_statistic(stat["Stat"])
    return Query(
        id=id_,
        label=query.get("Label"),
        returned=query.get("ReturnData", True),
        period=query.get("Period"),
        stat=stat,
        expression=None if expression is None else _parsed(id_, expression),
    )


def _parsed(id_: str, expression: str) -> Node:
    if expression.lstrip().upper().startswith("SELECT "):
        raise UnsupportedError("cloudwatch: a query of Metrics Insights as an Expression")
    try:
        return parse(expression)
    except ExpressionError as error:
        raise _refused(id_, str(error)) from error


def _refused(id_: str, problem: str) -> AwsError:
    return AwsError("ValidationError", f"Error in expression '{id_}': {problem}")
