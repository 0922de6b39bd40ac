"""How much better the challenger is than the champion, with an interval.

Two models that agree on all of these rows may still differ on others; and if one is right and the other wrong on all of
them, their difference varies no less. If hardly any row shows a spread (``Compared.telling``), an interval that is made
of it is widened (``Compared.widening``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ml_test.gate import bootstrap
from ml_test.gate.answers.kind import Answered
from ml_test.gate.intervals import CONFIDENCE, FEWEST_TELLING
from ml_test.gate.metrics.metric import ClosedForm, Compared, Resampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds, Figure

A = TypeVar("A", bound=Answered)
A_co = TypeVar("A_co", bound=Answered, covariant=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair(Generic[A_co]):
    """Both models' answers to the same rows."""

    champion: A_co
    challenger: A_co

    def where(self, mask: NDArray[np.bool_]) -> Pair[A_co]:
        return Pair(champion=self.champion.where(mask), challenger=self.challenger.where(mask))

    @property
    def differing(self) -> int:
        """The number of rows that the two answer differently."""
        unequal = self.champion.values != self.challenger.values
        return int(unequal.reshape(len(unequal), -1).any(axis=1).sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """The challenger's figure minus the champion's; the reverse for a metric that is better the less it is.

    A gain above 0 is therefore always better.
    """

    metric: str
    champion: float
    challenger: float
    value: float
    low: float
    high: float
    confidence: float
    rows: int
    method: str


def gains(pair: Pair[Any], metrics: Sequence[Compared[Any]], *, confidence: float, seed: int) -> list[Gain]:
    """The paired gain in each metric. All metrics whose resamples draw rows share one bootstrap."""
    drawn: dict[str, list[Bounds]] = {}
    rows: dict[str, Figure] = {}
    for metric in metrics:
        if isinstance(metric, Resampled):
            figures = {metric.name: metric.gain_figure(pair)}
            if (strata := metric.strata(pair.challenger)) is None:
                rows |= figures
            else:
                drawn |= bootstrap.intervals(figures, strata, confidences=[confidence], seed=seed)
    drawn |= bootstrap.intervals(rows, pair.challenger.strata, confidences=[confidence], seed=seed)
    closed = {metric.name: metric.gain_bounds(pair, confidence) for metric in metrics if isinstance(metric, ClosedForm)}
    found = closed | {name: bounds[0] for name, bounds in drawn.items()}
    return [_gain(metric, pair, found[metric.name], confidence) for metric in metrics]


def closed_gain(metric: ClosedForm[A], pair: Pair[A], *, confidence: float) -> Gain:
    """The paired gain of a metric that needs no resampling."""
    return _gain(metric, pair, metric.gain_bounds(pair, confidence), confidence)


def _gain(metric: Compared[A], pair: Pair[A], bounds: Bounds, confidence: float) -> Gain:
    before, after = metric.value(pair.champion), metric.value(pair.challenger)
    value = metric.direction.sign * (after - before)
    few = metric.telling(pair) < FEWEST_TELLING
    least = metric.widening(pair.challenger, confidence) if few else 0.0
    most = metric.span[1] - metric.span[0]
    return Gain(
        metric=metric.name, champion=before, challenger=after, value=value, confidence=confidence,
        rows=len(pair.challenger),
        low=max(min(bounds[0], value - least), -most), high=min(max(bounds[1], value + least), most),
        method=metric.paired_method(pair.challenger),
    )  # fmt: skip


def independent_gain(metric: Compared[A], champion: A, challenger: A) -> Gain | None:
    """The gain of two models that answered different rows; None for a metric that has no interval for that."""
    interval = metric.independent(champion, challenger)
    if interval is None:
        return None
    before, after = metric.value(champion), metric.value(challenger)
    return Gain(
        metric=metric.name, champion=before, challenger=after, value=metric.direction.sign * (after - before),
        low=interval.low, high=interval.high, confidence=CONFIDENCE, rows=len(champion) + len(challenger),
        method=interval.method,
    )  # fmt: skip
