"""A workload's rules: what its gate.toml asks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

METRICS = ("accuracy", "macro_f1", "auc", "log_loss")


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Against the champion: ``margin`` is how much worse, in the primary metric, is still as good."""

    metric: str
    margin: float
    slice_metric: str = "accuracy"
    slice_margin: float = 0.0
    slices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.metric, self.slice_metric):
            if name not in METRICS:
                raise ValueError(f"gate.toml: {name!r} is no metric; known are {', '.join(METRICS)}")
        if self.margin <= 0 or self.slice_margin < 0:
            raise ValueError("gate.toml: [comparison] margin must be above 0, slice_margin 0 or above")


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """Of 99 % of the requests: the most that they may take, and how many times what the champion's take."""

    p99_milliseconds: float
    p99_ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What a wrong answer costs: whom to call positive is decided where the expected costs are equal."""

    false_positive: float
    false_negative: float

    @property
    def threshold(self) -> float:
        return self.false_positive / (self.false_positive + self.false_negative)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """floors: metric, or ``recall`` (of each label), → what the lower bound must reach. ceilings: → the upper bound."""

    comparison: Comparison
    floors: Mapping[str, float]
    latency: Latency
    ceilings: Mapping[str, float] = field(default_factory=dict)
    costs: Costs = field(default_factory=lambda: Costs(false_positive=1, false_negative=1))

    @classmethod
    def read(cls, path: Path) -> Rules:
        """From gate.toml: [comparison], [floors], [ceilings], [latency], [costs]."""
        gate = tomllib.loads(path.read_text())
        compared = dict(gate["comparison"])
        compared["slices"] = tuple(compared.get("slices", ()))
        return cls(
            comparison=Comparison(**compared),
            floors=gate["floors"],
            latency=Latency(**gate["latency"]),
            ceilings=gate.get("ceilings", {}),
            costs=Costs(**gate.get("costs", {"false_positive": 1, "false_negative": 1})),
        )
