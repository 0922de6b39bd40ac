"""A workload's rules: what its gate.toml asks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LABEL_METRICS = ("accuracy", "macro_f1")
SCORE_METRICS = ("auc", "log_loss")
METRICS = LABEL_METRICS + SCORE_METRICS
SLICE_METRICS = ("accuracy", "auc")

Table = TypeVar("Table")


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """With the champion. ``margin``: how much worse, in ``metric``, is still as good; ``shown``: reported beside it."""

    metric: str
    margin: float
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.metric, *self.shown):
            _one_of(name, METRICS)
        if self.margin <= 0:
            raise ValueError(f"gate.toml: the margin must be above 0, not {self.margin}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """How a feature makes groups of rows: by each value, by the named ``values``, or from one bound to the next."""

    feature: str
    values: Mapping[str, str] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceRule:
    """``margin``: how much worse than the champion a group may be; ``floor``: what a group's figure itself must be."""

    metric: str = "accuracy"
    margin: float = 0.05
    floor: float | None = None
    by: tuple[Cut, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.metric, SLICE_METRICS)
        if self.margin < 0:
            raise ValueError(f"gate.toml: the slices' margin must be 0 or above, not {self.margin}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Of 99 % of the requests: a budget, and how many times what the champion's take.

    Below ``slack_milliseconds`` more than the champion, the ratio does not count: 3 ms instead of 1 harm nobody.
    """

    p99_milliseconds: float
    p99_ratio: float
    slack_milliseconds: float = 0.0

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What a wrong decision costs, in any unit: only their ratio counts."""

    missed: float = 1.0
    false_alarm: float = 1.0

    @property
    def threshold(self) -> float:
        """From this probability on, an alarm costs less than none: where the two expected costs are equal."""
        return self.false_alarm / (self.false_alarm + self.missed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """floors: metric, or ``recall`` (of each label), → what the lower bound must reach. ceilings: → the upper bound.

    positive: the label whose probability is answered; None where labels are. smoke: requests asked of QA and PROD.
    """

    comparison: Comparison
    floors: Mapping[str, float]
    latency: Latency
    ceilings: Mapping[str, float] = field(default_factory=dict)
    slices: SliceRule = field(default_factory=SliceRule)
    costs: Costs = field(default_factory=Costs)
    load: Load = field(default_factory=Load)
    positive: str | None = None
    smoke: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = LABEL_METRICS[1:] if self.positive else SCORE_METRICS
        asked = {self.comparison.metric, *self.comparison.shown, self.slices.metric, *self.floors, *self.ceilings}
        if found := sorted(asked & set(wrong)):
            kind = "probabilities" if self.positive else "labels"
            raise ValueError(f"gate.toml asks for {', '.join(found)}, but the endpoint answers with {kind}")

    @classmethod
    def read(cls, path: Path) -> Rules:
        """From gate.toml. ValueError for what it does not say rightly."""
        gate = tomllib.loads(path.read_text())
        slices = dict(gate.get("slices", {}))
        slices["by"] = tuple(_table(Cut, "slices.by", entry) for entry in slices.get("by", []))
        return cls(
            comparison=_table(Comparison, "comparison", gate.get("comparison", {})),
            floors=gate.get("floors", {}),
            ceilings=gate.get("ceilings", {}),
            latency=_table(Latency, "latency", gate.get("latency", {})),
            slices=_table(SliceRule, "slices", slices),
            costs=_table(Costs, "costs", gate.get("costs", {})),
            load=_table(Load, "load", gate.get("load", {})),
            positive=gate.get("answers", {}).get("probability_of"),
            smoke=tuple(gate.get("smoke", {}).get("requests", ())),
        )


def _table(kind: type[Table], name: str, values: Mapping[str, Any]) -> Table:
    """A table of the file as its type; lists become tuples."""
    try:
        return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
    except TypeError as error:
        raise ValueError(f"gate.toml, [{name}]: {error}") from error


def _one_of(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise ValueError(f"gate.toml: {name!r} is no metric here; known are {', '.join(known)}")
