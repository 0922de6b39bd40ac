"""A workload's rules: what its gate.toml asks for.

A synthesis reads them, too, where what the gate computes with is not installed. Therefore this module takes the kinds
of answers and the metrics from outside: the gate's own unless others are given.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003  (the reader of tables asks the types)
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from handover.datasets import rules_tables_of, tables_in, text_in
from handover.nearness import did_you_mean
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
from ml_steps.strict import Fault, Texts, plain, read_files, read_kind, read_table, read_value, refuse_unknown, table
from ml_test.gate.answer_tables import LabelsTable
from ml_test.gate.metric_facts import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ml_test.gate.answer_tables import AnswersTable
    from ml_test.gate.answers.kind import AnswerKind
    from ml_test.gate.metrics.metric import ClosedForm, Compared, Metric

    _Kinds = Sequence[type[AnswersTable]]
    _Metrics = tuple[Any, ...]

M = TypeVar("M", bound="Metric[Any]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """With the champion.

    Of the champion's test rows, corrections and withdrawals take away a few in a hundred. More, and a push may have
    dropped what its model finds hard. ``gone_share_allowed`` bounds what may be gained so, and is no promise that
    nothing was.
    """

    #: The metric that decides.
    metric: str = field(metadata=LOOSER_IF_CHANGED)
    #: A challenger that is worse by less than this counts as equally good.
    margin: float = field(metadata=LOOSER_IF_MORE)
    #: More metrics, which are reported and not judged.
    shown: tuple[str, ...] = field(default=(), metadata=NEUTRAL)
    #: The share of the champion's test rows that may be gone from the test rows; with more, a person decides.
    gone_share_allowed: float = field(default=0.05, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_above_0(margin=self.margin)
        _require_at_least(0, gone_share_allowed=self.gone_share_allowed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Groups of rows by a feature, or by the true label: one for each value, each named one, or between bounds."""

    #: A feature, or the label.
    feature: str = field(metadata=LOOSER_IF_CHANGED)
    #: Value → name of the group: only these groups.
    values: Mapping[str, str] = field(default_factory=dict, metadata=LOOSER_IF_CHANGED)
    #: Groups of numbers: from each bound up to the next.
    bounds: tuple[float, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: Groups by how many training rows have the same value, such as a user's: from each of these numbers on.
    training_rows: tuple[int, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: Groups by what of the value stands before this text: labels such as ``Greek/character01``, up to ``/``.
    up_to: str | None = field(default=None, metadata=LOOSER_IF_CHANGED)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.values, self.bounds, self.training_rows, self.up_to))) > 1:
            raise ValueError(f"feature = {self.feature!r} has more than one of values, bounds, training_rows and up_to")
        for key in ("bounds", "training_rows"):
            if list(getattr(self, key)) != sorted(set(getattr(self, key))):
                raise ValueError(f"{key} = {list(getattr(self, key))}: expected numbers that rise")


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceRule:
    """Each group of rows is judged by itself, by its own figure and beside the champion."""

    #: The metric that judges each group.
    metric: str = field(metadata=LOOSER_IF_CHANGED)
    #: A group may be worse than with the champion by no more than this.
    margin: float = field(metadata=LOOSER_IF_MORE)
    #: The least figure of a group, of a metric of which more is better.
    floor: float | None = field(default=None, metadata=LOOSER_IF_LESS)
    #: The greatest figure of a group, of a metric of which less is better.
    ceiling: float | None = field(default=None, metadata=LOOSER_IF_MORE)
    #: How rows are grouped.
    by: tuple[Cut, ...] = field(default=(), metadata=tables(by="feature", added=Effect.STRICTER))

    def __post_init__(self) -> None:
        _require_at_least(0, margin=self.margin)

    @property
    def limit(self) -> float | None:
        return self.ceiling if self.floor is None else self.floor


@dataclass(frozen=True, kw_only=True, slots=True)
class Popularity:
    """A model that knows how popular each value of a column is, such as a movie, must surely be beaten in a metric."""

    #: The column whose values are ranked by how often the label came with them.
    column: str = field(metadata=LOOSER_IF_CHANGED)
    #: The metric in which that ranking must surely be beaten.
    metric: str = field(metadata=LOOSER_IF_CHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """The limits of p99, the time that 99 % of the requests keep: a budget, and a multiple of the champion's p99.

    A challenger that takes at most ``slack_milliseconds`` more than the champion may exceed ``p99_ratio``: 3 ms instead
    of 1 ms harm nobody.
    """

    #: 99 % of the requests must be answered within this time.
    p99_milliseconds: float = field(metadata=LOOSER_IF_MORE)
    #: The same as a multiple of the champion's p99.
    p99_ratio: float = field(metadata=LOOSER_IF_MORE)
    #: A challenger that takes no more than this longer than the champion may exceed ``p99_ratio``.
    slack_milliseconds: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_above_0(p99_milliseconds=self.p99_milliseconds, p99_ratio=self.p99_ratio)
        _require_at_least(0, slack_milliseconds=self.slack_milliseconds)

    def beside(self, champion: float) -> float:
        """The limit, in milliseconds, for a champion whose p99 is this."""
        return max(self.p99_ratio * champion, champion + self.slack_milliseconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """How the endpoints are asked."""

    #: How many rows are asked one after the other, and timed; all if nothing is said.
    one_at_a_time: int | None = field(default=None, metadata=LOOSER_IF_LESS_THAN_ALL)
    #: Over how many connections the other rows are asked.
    connections: int = field(default=4, metadata=NEUTRAL)
    #: Rows that are asked once before, without timing, because QA's endpoint has just started.
    warm_up: int = field(default=50, metadata=LOOSER_IF_MORE)
    #: How often the times are measured at most, if the first would not pass.
    looks: int = field(default=3, metadata=LOOSER_IF_MORE)
    #: How many rows are asked once more in another order, to see whether the answers are the same.
    repeats: int = field(default=100, metadata=LOOSER_IF_LESS)
    #: In how many rows the values of each column are dealt out anew, to show what the answers depend on.
    dealt: int = field(default=100, metadata=NEUTRAL)
    #: The share of rows asked more than once whose answers may differ.
    differing: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _require_at_least(1, connections=self.connections, looks=self.looks)
        _require_at_least(0, warm_up=self.warm_up, repeats=self.repeats, dealt=self.dealt)
        _require_share(differing=self.differing)
        if self.one_at_a_time is not None:
            _require_at_least(1, one_at_a_time=self.one_at_a_time)


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoke:
    """Requests that QA answers and, after the release, PROD."""

    #: Rows without their label; QA answers them, and after the release PROD must answer alike.
    requests: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_FEWER)


def _kinds() -> _Kinds:
    """The gate's own kinds of answers."""
    from ml_test.gate.answers import KINDS

    return KINDS


def _metrics() -> _Metrics:
    """The gate's own metrics."""
    from ml_test.gate.metrics import METRICS

    return METRICS


def _labels() -> AnswerKind[Any]:
    """Answers are labels, unless the rules say what they are."""
    from ml_test.gate.answers.labels import Labels

    return Labels()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """floors: for each metric, what its lower bound must reach. ceilings: what its upper bound must not exceed.

    slices: None if groups are not judged. popularity: None if only the constant baseline is to be beaten.
    smoke: requests that QA and PROD must answer alike.
    metrics: all metrics that there are. ``answers`` decides which of them the rules may ask for.
    """

    answers: AnswerKind[Any] = field(default_factory=_labels, metadata=ITS_OWN_FIELDS)
    comparison: Comparison = field(metadata=ITS_OWN_FIELDS)
    floors: Mapping[str, float] = field(default_factory=dict, metadata=FLOORS)
    ceilings: Mapping[str, float] = field(default_factory=dict, metadata=CEILINGS)
    slices: SliceRule | None = field(default=None, metadata=ITS_OWN_FIELDS)
    popularity: Popularity | None = field(default=None, metadata=ITS_OWN_FIELDS)
    latency: Latency = field(metadata=ITS_OWN_FIELDS)
    load: Load = field(default_factory=Load, metadata=ITS_OWN_FIELDS)
    smoke: Smoke = field(default_factory=Smoke, metadata=ITS_OWN_FIELDS)
    metrics: tuple[Metric[Any], ...] = field(default_factory=_metrics, metadata=NEUTRAL)

    def __post_init__(self) -> None:
        names = [metric.name for metric in self.compared]
        if len(set(names)) < len(names):
            raise Fault(f"[comparison] asks for a metric twice: {', '.join(names)}", ("comparison",), "shown")
        for limit in ("floor", "ceiling"):
            for metric, value in self._limits(f"{limit}s"):
                _check_limit(metric, limit, value, ((f"{limit}s",), metric.name))
        if self.popularity is not None:
            self.popularity_metric(self.popularity)
        if self.slices is not None:
            metric = self.group_metric(self.slices)
            for limit, bound in (("floor", self.slices.floor), ("ceiling", self.slices.ceiling)):
                if bound is not None:
                    _check_limit(metric, limit, bound, (("slices",), limit))

    @classmethod
    def read(cls, path: Path, *, kinds: _Kinds | None = None, metrics: _Metrics | None = None) -> Rules:
        """Read gate.toml. FileFault, with file and line, if something in it is unknown, missing or impossible."""
        text = path.read_text()
        return read_files(
            {str(path): text}, tables_in(text, str(path)), lambda gate: cls.of(gate, kinds=kinds, metrics=metrics)
        )

    @classmethod
    def find(cls, project: Path, workload: str, chosen: str | None) -> Rules:
        """The workload's, with those of the chosen data set if it has its own. FileFault as for ``read``."""
        return cls.of_files(workload, chosen, partial(text_in, project))

    @classmethod
    def of_files(
        cls,
        workload: str,
        chosen: str | None,
        text_of: Callable[[str], str | None],
        *,
        kinds: _Kinds | None = None,
        metrics: _Metrics | None = None,
    ) -> Rules:
        """``text_of``: a file's text by its path inside the project; None if it is not there. FileFault."""
        texts = Texts(text_of)
        tables = rules_tables_of(workload, chosen, texts.read)
        return read_files(texts.read_ones, tables, lambda gate: cls.of(gate, kinds=kinds, metrics=metrics))

    @classmethod
    def parse(cls, text: str, *, kinds: _Kinds | None = None, metrics: _Metrics | None = None) -> Rules:
        """The text of a gate.toml. ValueError as for ``of``."""
        return cls.of(tomllib.loads(text), kinds=kinds, metrics=metrics)

    @classmethod
    def of(cls, gate: Mapping[str, Any], *, kinds: _Kinds | None = None, metrics: _Metrics | None = None) -> Rules:
        """From a gate.toml's tables, or from ``document``. Fault for what is unknown, missing or impossible.

        kinds, metrics: those that there are; None for the gate's own.
        """
        refuse_unknown(gate, [field.name for field in fields(cls) if field.name != "metrics"])
        known = {kind.name: kind for kind in (kinds or _kinds())}
        return cls(
            comparison=read_table(Comparison, gate.get("comparison", {}), "comparison"),
            latency=read_table(Latency, gate.get("latency", {}), "latency"),
            answers=read_kind(known, gate.get("answers", {}), "answers", default=LabelsTable.name),
            floors=_read_limits(gate, "floors"),
            ceilings=_read_limits(gate, "ceilings"),
            slices=read_table(SliceRule, gate["slices"], "slices") if "slices" in gate else None,
            popularity=read_table(Popularity, gate["popularity"], "popularity") if "popularity" in gate else None,
            load=read_table(Load, gate.get("load", {}), "load"),
            smoke=read_table(Smoke, gate.get("smoke", {}), "smoke"),
            metrics=metrics or _metrics(),
        )

    @property
    def compared(self) -> list[Compared[Any]]:
        """The metric that decides the comparison, then those that are only shown."""
        asked = [(self.comparison.metric, "metric"), *((name, "shown") for name in self.comparison.shown)]
        return [_named(name, self._offered_for(Use.COMPARISON), ("comparison", key)) for name, key in asked]

    @property
    def limits(self) -> list[tuple[Metric[Any], float]]:
        """Floors, then ceilings."""
        return [*self._limits("floors"), *self._limits("ceilings")]

    def _limits(self, table: str) -> list[tuple[Metric[Any], float]]:
        limits: Mapping[str, float] = getattr(self, table)
        return [(_named(name, self._offered_for(Use.LIMIT), (table, name)), value) for name, value in limits.items()]

    def popularity_metric(self, rule: Popularity) -> Compared[Any]:
        """The metric in which popularity is to be beaten."""
        return _named(rule.metric, self._offered_for(Use.COMPARISON), ("popularity", "metric"))

    @property
    def cuts(self) -> tuple[Cut, ...]:
        return () if self.slices is None else self.slices.by

    def group_metric(self, rule: SliceRule) -> ClosedForm[Any]:
        """The metric in which each group of rows is judged."""
        return _named(rule.metric, self._offered_for(Use.SLICES), ("slices", "metric"))

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

    def _offered_for(self, use: Use) -> list[Any]:
        """The metrics for this kind of answers that can be asked for so much."""
        grouped = bool(self.answers.grouped_by)
        return [
            metric
            for metric in self.metrics
            if metric.use >= use and metric.is_of(self.answers) and (grouped or not metric.grouped)
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


def _named(name: str, metrics: Iterable[M], place: tuple[str, str]) -> M:
    """The metric with this name. Fault if it is not among ``metrics``. ``place``: the table and the key that ask."""
    known = {metric.name: metric for metric in metrics}
    if name not in known:
        table, key = place
        raise Fault(
            f"[{table}] asks for {name!r}, which is no metric for these answers; "
            f"allowed are {', '.join(known)}{did_you_mean(name, known)}",
            (table,),
            key,
        )
    return known[name]


def _check_limit(metric: Metric[Any], limit: str, value: float, place: tuple[tuple[str, ...], str]) -> None:
    """Fault for a floor that should be a ceiling, or the reverse, and for one that the metric cannot reach."""
    (path, key), (low, high) = place, metric.span
    where = f"[{path[0]}] {key} = {value}: {metric.name}"
    if limit != metric.direction.limit:
        raise Fault(f"{where} takes a {metric.direction.limit}", path, key)
    if not low <= value <= high:
        raise Fault(f"{where} lies between {low:g} and {high:g}", path, key)


def _read_limits(gate: Mapping[str, Any], name: str) -> dict[str, float]:
    values = table(gate.get(name, {}), name)
    return {key: read_value(float, value, values, name, key) for key, value in values.items()}
