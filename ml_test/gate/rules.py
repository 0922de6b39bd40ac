"""A workload's rules: what its gate.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003  (the reader of tables asks the types)
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from ml_test.gate import strict
from ml_test.gate.answers import KINDS
from ml_test.gate.answers.labels import Labels
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.metric import ClosedForm, Compared, Metric
from ml_test.gate.strict import read_table, read_value, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ml_test.gate.answers.kind import AnswerKind

M = TypeVar("M", bound=Metric[Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """With the champion. ``margin``: how much worse, in ``metric``, is still as good; ``shown``: reported beside it."""

    metric: str
    margin: float
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.margin <= 0:
            raise ValueError(f"margin must be above 0, not {self.margin}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """How a feature makes groups of rows: by each value, by the named ``values``, or from one bound to the next."""

    feature: str
    values: Mapping[str, str] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.values and self.bounds:
            raise ValueError(f"{self.feature} is cut by values and by bounds; give one of the two")
        if list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError(f"bounds must rise, not {list(self.bounds)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceRule:
    """``margin``: how much worse than the champion a group may be.

    floor, ceiling: what a group's figure itself must keep; a ceiling for a metric that is better the less it is.
    """

    metric: str
    margin: float
    floor: float | None = None
    ceiling: float | None = None
    by: tuple[Cut, ...] = ()

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ValueError(f"margin must be 0 or above, not {self.margin}")

    @property
    def limit(self) -> float | None:
        return self.ceiling if self.floor is None else self.floor


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Of 99 % of the requests: a budget, and how many times what the champion's take.

    Below ``slack_milliseconds`` more than the champion, the ratio does not count: 3 ms instead of 1 harm nobody.
    """

    p99_milliseconds: float
    p99_ratio: float
    slack_milliseconds: float = 0.0

    def __post_init__(self) -> None:
        if self.p99_milliseconds <= 0 or self.p99_ratio <= 0 or self.slack_milliseconds < 0:
            raise ValueError(f"p99_milliseconds and p99_ratio must be above 0, slack_milliseconds 0 or above: {self}")

    def beside(self, champion: float) -> float:
        """What is allowed beside a champion that takes so long, in milliseconds."""
        return max(self.p99_ratio * champion, champion + self.slack_milliseconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many rows are asked one at a time, and timed (None: all); the others over several connections.

    The first ``warm_up`` rows are asked once before, untimed: QA's endpoint has just started, PROD's has not.
    ``looks``: how often at the most the times are taken, where the first ones alone would not pass.
    """

    one_at_a_time: int | None = None
    connections: int = 4
    warm_up: int = 50
    looks: int = 3

    def __post_init__(self) -> None:
        timed = 1 if self.one_at_a_time is None else self.one_at_a_time
        if min(timed, self.connections, self.looks) < 1 or self.warm_up < 0:
            raise ValueError(f"one_at_a_time, connections and looks must be 1 or above, warm_up 0 or above: {self}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Smoke:
    """Requests asked of QA and, after the release, of PROD."""

    requests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """floors: metric → what the lower bound must reach. ceilings: metric → what the upper bound must not pass.

    slices: None where no group is judged by itself. smoke: requests asked of QA and PROD.
    metrics: all that there are; which of them may be asked for follows from ``answers``.
    """

    comparison: Comparison
    latency: Latency
    answers: AnswerKind[Any] = field(default_factory=Labels)
    floors: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)
    slices: SliceRule | None = None
    load: Load = field(default_factory=Load)
    smoke: tuple[str, ...] = ()
    metrics: tuple[Metric[Any], ...] = METRICS

    def __post_init__(self) -> None:
        names = [metric.name for metric in self.compared]
        if len(set(names)) < len(names):
            raise ValueError(f"[comparison] asks for a metric twice: {', '.join(names)}")
        for limit in ("floor", "ceiling"):
            for metric, value in self._limits(f"{limit}s"):
                _check_limit(metric, limit, value, f"[{limit}s] {metric.name} = {value}")
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
        """From gate.toml. ValueError with the file's path for what is unknown, missing, or cannot be."""
        try:
            return cls._parse(tomllib.loads(path.read_text()), kinds, metrics)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    @classmethod
    def _parse(
        cls, gate: dict[str, Any], kinds: Sequence[type[AnswerKind[Any]]], metrics: tuple[Metric[Any], ...]
    ) -> Rules:
        refuse_unknown(gate, [field.name for field in fields(cls) if field.name != "metrics"])
        return cls(
            comparison=read_table(Comparison, gate.get("comparison", {}), "comparison"),
            latency=read_table(Latency, gate.get("latency", {}), "latency"),
            answers=_answers(gate.get("answers", {}), kinds),
            floors=_limits(gate, "floors"),
            ceilings=_limits(gate, "ceilings"),
            slices=read_table(SliceRule, gate["slices"], "slices") if "slices" in gate else None,
            load=read_table(Load, gate.get("load", {}), "load"),
            smoke=read_table(Smoke, gate.get("smoke", {}), "smoke").requests,
            metrics=metrics,
        )

    @property
    def compared(self) -> list[Compared[Any]]:
        """The metric that decides the comparison with the champion, then those that are shown."""
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

    @property
    def cuts(self) -> tuple[Cut, ...]:
        return () if self.slices is None else self.slices.by

    def group_metric(self, rule: SliceRule) -> ClosedForm[Any]:
        """The metric in which each group of rows is judged."""
        known = [metric for metric in self._offered if isinstance(metric, ClosedForm)]
        return _named(rule.metric, known, "[slices] asks for")

    @property
    def asked(self) -> list[Metric[Any]]:
        """Every metric that these rules ask for, once."""
        groups = [] if self.slices is None else [self.group_metric(self.slices)]
        asked = [*self.compared, *groups, *(metric for metric, _ in self.limits)]
        return list({metric.name: metric for metric in asked}.values())

    def document(self) -> dict[str, Any]:
        """As JSON values, without the smoke requests: they stand beside their answers."""
        return {
            "comparison": asdict(self.comparison),
            "floors": dict(self.floors),
            "ceilings": dict(self.ceilings),
            "slices": None if self.slices is None else asdict(self.slices),
            "latency": asdict(self.latency),
            "load": asdict(self.load),
            "answers": {"kind": self.answers.name, **asdict(self.answers)},
        }

    @property
    def _offered(self) -> list[Metric[Any]]:
        """The metrics that can read these answers."""
        return [metric for metric in self.metrics if issubclass(self.answers.view, metric.reads)]


def _named(name: str, metrics: Iterable[M], asking: str) -> M:
    """The metric of that name. ValueError where these do not have it."""
    known = {metric.name: metric for metric in metrics}
    if name not in known:
        raise ValueError(f"{asking} {name!r}, which these answers do not have; they have {', '.join(known)}")
    return known[name]


def _check_limit(metric: Metric[Any], limit: str, value: float, where: str) -> None:
    """A floor where more is better, a ceiling where less is, and in the span of the metric."""
    low, high = metric.span
    if limit != metric.direction.limit:
        raise ValueError(f"{where}: {metric.name} takes a {metric.direction.limit}")
    if not low <= value <= high:
        raise ValueError(f"{where}: {metric.name} lies between {low:g} and {high:g}")


def _limits(gate: Mapping[str, Any], table: str) -> dict[str, float]:
    values = strict.table(gate.get(table, {}), table)
    return {name: read_value(float, value, table, name) for name, value in values.items()}


def _answers(values: Any, kinds: Sequence[type[AnswerKind[Any]]]) -> AnswerKind[Any]:
    """The kind that the table names, with the keys of its own; labels where it names none."""
    name = strict.table(values, "answers").get("kind", Labels.name)
    kind = next((kind for kind in kinds if kind.name == name), None)
    if kind is None:
        known = ", ".join(kind.name for kind in kinds)
        raise ValueError(f"[answers] kind = {name!r} is not known here; allowed are {known}")
    return read_table(kind, {key: value for key, value in values.items() if key != "kind"}, "answers")
