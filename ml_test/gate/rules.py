"""A workload's rules: what its gate.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003  (the reader of tables asks the types)
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from handover.datasets import rules_in, rules_of
from ml_steps import strict
from ml_steps.changes import (
    CEILINGS,
    FLOORS,
    ITS_OWN_FIELDS,
    LOOSER_IF_CHANGED,
    LOOSER_IF_FEWER,
    LOOSER_IF_LESS,
    LOOSER_IF_LESS_THAN_ALL,
    LOOSER_IF_MORE,
    NEUTRAL,
    Effect,
    tables,
)
from ml_steps.strict import plain, read_kind, read_table, read_value, refuse_unknown
from ml_test.gate.answers import KINDS
from ml_test.gate.answers.labels import Labels
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.metric import ClosedForm, Compared, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ml_test.gate.answers.kind import AnswerKind

M = TypeVar("M", bound=Metric[Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """With the champion. A challenger that is worse by less than ``margin`` in ``metric`` counts as equally good.

    shown: more metrics, which are reported and not judged.
    gone_share_allowed: the share of the rows that the champion was judged by that may be gone from the test rows.
    Corrections and withdrawn rows are a few in a hundred. More, and a push may have dropped what its model finds hard:
    then a person decides. It bounds what may be gained so, and is no promise that nothing was.
    """

    metric: str = field(metadata=LOOSER_IF_CHANGED)
    margin: float = field(metadata=LOOSER_IF_MORE)
    shown: tuple[str, ...] = field(default=(), metadata=NEUTRAL)
    gone_share_allowed: float = field(default=0.05, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_above_0(margin=self.margin)
        _require_at_least(0, gone_share_allowed=self.gone_share_allowed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Groups of rows by a feature, or by the true label: one for each value, each named one, or between bounds.

    up_to: one for each beginning of a value, before this text: labels such as ``Greek/character01``, up to ``/``.
    """

    feature: str = field(metadata=LOOSER_IF_CHANGED)
    values: Mapping[str, str] = field(default_factory=dict, metadata=LOOSER_IF_CHANGED)
    bounds: tuple[float, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: Groups by how many training rows have the same value, such as a user's: from each of these numbers on.
    training_rows: tuple[int, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    up_to: str | None = field(default=None, metadata=LOOSER_IF_CHANGED)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.values, self.bounds, self.training_rows, self.up_to))) > 1:
            raise ValueError(f"feature = {self.feature!r} has more than one of values, bounds, training_rows and up_to")
        for key in ("bounds", "training_rows"):
            if list(getattr(self, key)) != sorted(set(getattr(self, key))):
                raise ValueError(f"{key} = {list(getattr(self, key))}: expected numbers that rise")


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceRule:
    """margin: a group may be worse than with the champion by no more than this.

    floor, ceiling: the limit of a group's own figure; a ceiling for a metric that is better the less it is.
    """

    metric: str = field(metadata=LOOSER_IF_CHANGED)
    margin: float = field(metadata=LOOSER_IF_MORE)
    floor: float | None = field(default=None, metadata=LOOSER_IF_LESS)
    ceiling: float | None = field(default=None, metadata=LOOSER_IF_MORE)
    by: tuple[Cut, ...] = field(default=(), metadata=tables(by="feature", added=Effect.STRICTER))

    def __post_init__(self) -> None:
        _require_at_least(0, margin=self.margin)

    @property
    def limit(self) -> float | None:
        return self.ceiling if self.floor is None else self.floor


@dataclass(frozen=True, kw_only=True, slots=True)
class Popularity:
    """A model that knows how popular each value of a column is, such as a movie, must surely be beaten in a metric."""

    column: str = field(metadata=LOOSER_IF_CHANGED)
    metric: str = field(metadata=LOOSER_IF_CHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """The limits of p99, the time that 99 % of the requests keep: a budget, and a multiple of the champion's p99.

    A challenger that takes at most ``slack_milliseconds`` more than the champion may exceed ``p99_ratio``: 3 ms instead
    of 1 ms harm nobody.
    """

    p99_milliseconds: float = field(metadata=LOOSER_IF_MORE)
    p99_ratio: float = field(metadata=LOOSER_IF_MORE)
    slack_milliseconds: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_above_0(p99_milliseconds=self.p99_milliseconds, p99_ratio=self.p99_ratio)
        _require_at_least(0, slack_milliseconds=self.slack_milliseconds)

    def beside(self, champion: float) -> float:
        """The limit, in milliseconds, for a champion whose p99 is this."""
        return max(self.p99_ratio * champion, champion + self.slack_milliseconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """How the endpoints are asked.

    one_at_a_time: the number of rows that are asked one after the other, and timed; None for all.
    connections: over how many connections the other rows are asked.
    warm_up: rows that are asked once before, without timing, because QA's endpoint has just started.
    looks: how often the times are measured at most, if the first times would not pass.
    repeats: how many rows are asked once more in another order, to see whether the answers are the same.
    differing: the share of rows asked more than once whose answers may differ.
    """

    one_at_a_time: int | None = field(default=None, metadata=LOOSER_IF_LESS_THAN_ALL)
    connections: int = field(default=4, metadata=NEUTRAL)
    warm_up: int = field(default=50, metadata=LOOSER_IF_MORE)
    looks: int = field(default=3, metadata=LOOSER_IF_MORE)
    repeats: int = field(default=100, metadata=LOOSER_IF_LESS)
    differing: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_at_least(1, connections=self.connections, looks=self.looks)
        _require_at_least(0, warm_up=self.warm_up, repeats=self.repeats)
        _require_share(differing=self.differing)
        if self.one_at_a_time is not None:
            _require_at_least(1, one_at_a_time=self.one_at_a_time)


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoke:
    """Requests that QA answers and, after the release, PROD."""

    requests: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_FEWER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """floors: for each metric, what its lower bound must reach. ceilings: what its upper bound must not exceed.

    slices: None if groups are not judged. popularity: None if only the constant baseline is to be beaten.
    smoke: requests that QA and PROD must answer alike.
    metrics: all metrics that there are. ``answers`` decides which of them the rules may ask for.
    """

    answers: AnswerKind[Any] = field(default_factory=Labels, metadata=ITS_OWN_FIELDS)
    comparison: Comparison = field(metadata=ITS_OWN_FIELDS)
    floors: Mapping[str, float] = field(default_factory=dict, metadata=FLOORS)
    ceilings: Mapping[str, float] = field(default_factory=dict, metadata=CEILINGS)
    slices: SliceRule | None = field(default=None, metadata=ITS_OWN_FIELDS)
    popularity: Popularity | None = field(default=None, metadata=ITS_OWN_FIELDS)
    latency: Latency = field(metadata=ITS_OWN_FIELDS)
    load: Load = field(default_factory=Load, metadata=ITS_OWN_FIELDS)
    smoke: Smoke = field(default_factory=Smoke, metadata=ITS_OWN_FIELDS)
    metrics: tuple[Metric[Any], ...] = field(default=METRICS, metadata=NEUTRAL)

    def __post_init__(self) -> None:
        names = [metric.name for metric in self.compared]
        if len(set(names)) < len(names):
            raise ValueError(f"[comparison] asks for a metric twice: {', '.join(names)}")
        for limit in ("floor", "ceiling"):
            for metric, value in self._limits(f"{limit}s"):
                _check_limit(metric, limit, value, f"[{limit}s] {metric.name} = {value}")
        if self.popularity is not None:
            self.popularity_metric(self.popularity)
        if self.slices is not None:
            metric = self.group_metric(self.slices)
            for limit, bound in (("floor", self.slices.floor), ("ceiling", self.slices.ceiling)):
                if bound is not None:
                    _check_limit(metric, limit, bound, f"[slices] {limit} = {bound}")

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        kinds: Sequence[type[AnswerKind[Any]]] = KINDS,
        metrics: tuple[Metric[Any], ...] = METRICS,
    ) -> Rules:
        """Read gate.toml. ValueError, with the file's path, if something in it is unknown, missing or impossible."""
        try:
            return cls.parse(path.read_text(), kinds=kinds, metrics=metrics)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def find(cls, project: Path, workload: str, chosen: str | None) -> Rules:
        """The workload's, with those of the chosen data set if it has its own. ValueError as for ``of``."""
        try:
            return cls.of(rules_in(project, workload, chosen))
        except ValueError as error:
            raise ValueError(f"{project / rules_of(workload, chosen)[-1]}: {error}") from error

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        kinds: Sequence[type[AnswerKind[Any]]] = KINDS,
        metrics: tuple[Metric[Any], ...] = METRICS,
    ) -> Rules:
        """The text of a gate.toml. ValueError as for ``read``."""
        return cls.of(tomllib.loads(text), kinds=kinds, metrics=metrics)

    @classmethod
    def of(
        cls,
        gate: Mapping[str, Any],
        *,
        kinds: Sequence[type[AnswerKind[Any]]] = KINDS,
        metrics: tuple[Metric[Any], ...] = METRICS,
    ) -> Rules:
        """From a gate.toml's tables, or from ``document``. ValueError for what is unknown, missing or impossible."""
        refuse_unknown(gate, [field.name for field in fields(cls) if field.name != "metrics"])
        return cls(
            comparison=read_table(Comparison, gate.get("comparison", {}), "comparison"),
            latency=read_table(Latency, gate.get("latency", {}), "latency"),
            answers=read_kind({k.name: k for k in kinds}, gate.get("answers", {}), "answers", default=Labels.name),
            floors=_read_limits(gate, "floors"),
            ceilings=_read_limits(gate, "ceilings"),
            slices=read_table(SliceRule, gate["slices"], "slices") if "slices" in gate else None,
            popularity=read_table(Popularity, gate["popularity"], "popularity") if "popularity" in gate else None,
            load=read_table(Load, gate.get("load", {}), "load"),
            smoke=read_table(Smoke, gate.get("smoke", {}), "smoke"),
            metrics=metrics,
        )

    @property
    def compared(self) -> list[Compared[Any]]:
        """The metric that decides the comparison, then those that are only shown."""
        known = [metric for metric in self._offered if isinstance(metric, Compared)]
        return [
            _named(name, known, "[comparison] asks for") for name in (self.comparison.metric, *self.comparison.shown)
        ]

    @property
    def limits(self) -> list[tuple[Metric[Any], float]]:
        """Floors, then ceilings."""
        return [*self._limits("floors"), *self._limits("ceilings")]

    def _limits(self, table: str) -> list[tuple[Metric[Any], float]]:
        limits: Mapping[str, float] = getattr(self, table)
        return [(_named(name, self._offered, f"[{table}] asks for"), value) for name, value in limits.items()]

    def popularity_metric(self, rule: Popularity) -> Compared[Any]:
        """The metric in which popularity is to be beaten."""
        known = [metric for metric in self._offered if isinstance(metric, Compared)]
        return _named(rule.metric, known, "[popularity] asks for")

    @property
    def cuts(self) -> tuple[Cut, ...]:
        return () if self.slices is None else self.slices.by

    def group_metric(self, rule: SliceRule) -> ClosedForm[Any]:
        """The metric in which each group of rows is judged."""
        known = [metric for metric in self._offered if isinstance(metric, ClosedForm)]
        return _named(rule.metric, known, "[slices] asks for")

    @property
    def asked(self) -> list[Metric[Any]]:
        """Every metric that these rules ask for."""
        groups: list[Metric[Any]] = [] if self.slices is None else [self.group_metric(self.slices)]
        if self.popularity is not None:
            groups.append(self.popularity_metric(self.popularity))
        asked = [*self.compared, *groups, *(metric for metric, _ in self.limits)]
        return list({metric.name: metric for metric in asked}.values())

    def document(self) -> dict[str, Any]:
        """As the tables of a gate.toml, in JSON values: ``of`` makes equal rules of them."""
        tables: dict[str, Any] = plain({each.name: getattr(self, each.name) for each in fields(self)})
        del tables["metrics"]
        return tables | {"answers": {"kind": self.answers.name, **plain(self.answers)}}

    @property
    def _offered(self) -> list[Metric[Any]]:
        """The metrics for this kind of answers."""
        grouped = bool(self.answers.grouped_by)
        return [
            metric
            for metric in self.metrics
            if issubclass(self.answers.view, metric.reads) and (grouped or not metric.grouped)
        ]


def _require_above_0(**values: float) -> None:
    for key, value in values.items():
        if value <= 0:
            raise ValueError(f"{key} = {value}: expected a number above 0")


def _require_at_least(least: int, **values: float) -> None:
    for key, value in values.items():
        if value < least:
            raise ValueError(f"{key} = {value}: expected a number of {least} or above")


def _require_share(**values: float) -> None:
    for key, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{key} = {value}: expected a share from 0 to below 1")


def _named(name: str, metrics: Iterable[M], asking: str) -> M:
    """The metric with this name. ValueError if it is not among ``metrics``."""
    known = {metric.name: metric for metric in metrics}
    if name not in known:
        raise ValueError(f"{asking} {name!r}, which is no metric for these answers; allowed are {', '.join(known)}")
    return known[name]


def _check_limit(metric: Metric[Any], limit: str, value: float, where: str) -> None:
    """ValueError for a floor that should be a ceiling, or the reverse, and for one that the metric cannot reach."""
    low, high = metric.span
    if limit != metric.direction.limit:
        raise ValueError(f"{where}: {metric.name} takes a {metric.direction.limit}")
    if not low <= value <= high:
        raise ValueError(f"{where}: {metric.name} lies between {low:g} and {high:g}")


def _read_limits(gate: Mapping[str, Any], table: str) -> dict[str, float]:
    values = strict.table(gate.get(table, {}), table)
    return {name: read_value(float, value, table, name) for name, value in values.items()}
