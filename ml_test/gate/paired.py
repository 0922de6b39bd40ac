"""How much better the challenger is than the champion on the same rows, with a paired interval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from ml_test.gate.figures import Auc, MacroF1, RowMean, log_losses
from ml_test.gate.resampling import Bounds, Difference, Figure, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORE = "Tango's score interval for paired answers (McNemar's test, inverted)"
BOOTSTRAP = "paired bootstrap, stratified by the true label, BCa"
BISECTIONS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Paired answers, each of shape (rows,). ``champion`` and ``challenger``: label places, or probabilities."""

    truth: NDArray[np.int64]
    champion: NDArray[np.generic]
    challenger: NDArray[np.generic]
    labels: int
    threshold: float | None = None  # of probabilities

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Rows:
        """Some of the rows (by a mask), or all in another order (by their places)."""
        return replace(
            self, truth=self.truth[chosen], champion=self.champion[chosen], challenger=self.challenger[chosen]
        )

    def order(self) -> NDArray[np.int64]:
        """The rows' places by true label, as the bootstrap's strata stand."""
        return np.argsort(self.truth, kind="stable")

    def right(self, answers: NDArray[np.generic]) -> NDArray[np.bool_]:
        """Which answers are right; a probability at the threshold counts as positive."""
        decided = answers if self.threshold is None else (answers >= self.threshold).astype(np.int64)
        return decided == self.truth

    def wins_and_losses(self) -> tuple[int, int]:
        """Rows that the challenger alone answers right, and the champion alone."""
        before, after = self.right(self.champion), self.right(self.challenger)
        return int((after & ~before).sum()), int((before & ~after).sum())

    @property
    def strata(self) -> list[int]:
        """The rows' counts by true label."""
        return [int(count) for count in np.bincount(self.truth) if count]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gain:
    """The challenger's figure minus the champion's; above 0 is better, also where less of the figure is better."""

    metric: str
    champion: float
    challenger: float
    value: float
    low: float
    high: float
    confidence: float
    rows: int
    method: str


def paired_figure(metric: str, rows: Rows) -> Difference:
    """Challenger minus champion, to be resampled. ``rows`` must be ordered by true label."""
    return Difference(challenger=figure(metric, rows, rows.challenger), champion=figure(metric, rows, rows.champion))


def gain(metric: str, rows: Rows, *, confidence: float, bounds: Bounds | None = None) -> Gain:
    """The paired gain in ``accuracy``, ``macro_f1``, ``auc`` or ``log_loss``.

    ``bounds`` are the bootstrap's for ``paired_figure``; accuracy needs none. ``rows`` must be ordered by true label.
    """
    count = len(rows.truth)
    before, after = (value_of(figure(metric, rows, answers), count) for answers in (rows.champion, rows.challenger))
    if metric == "accuracy":
        low, high = score_interval(*rows.wins_and_losses(), count, confidence=confidence)
    elif bounds is None:
        raise ValueError(f"{metric} needs the bootstrap's bounds")
    else:
        low, high = bounds
    sign = -1 if metric == "log_loss" else 1
    low, high = sorted((sign * low, sign * high))
    return Gain(
        metric=metric, champion=before, challenger=after, value=sign * (after - before), low=low, high=high,
        confidence=confidence, rows=count, method=SCORE if metric == "accuracy" else BOOTSTRAP,
    )  # fmt: skip


def figure(metric: str, rows: Rows, answers: NDArray[np.generic]) -> Figure:
    """The metric of one model's answers. ``rows`` must be ordered by true label."""
    if metric in {"auc", "log_loss"} and rows.threshold is None:
        raise ValueError(f"{metric} needs probabilities, but the answers are labels")
    if metric == "accuracy":
        return RowMean(rows.right(answers).astype(float))
    if metric == "macro_f1":
        decided = answers if rows.threshold is None else answers >= rows.threshold
        return MacroF1(rows.truth, decided.astype(np.int64), rows.labels)
    if metric == "auc":
        return Auc(rows.truth, answers.astype(float))
    return RowMean(log_losses(rows.truth, answers.astype(float)))


def score_interval(wins: int, losses: int, rows: int, *, confidence: float) -> tuple[float, float]:
    """Tango's interval (Statistics in Medicine 17, 1998) for the difference of two paired shares of right answers.

    Unlike a bootstrap, it does not take it for certain that two models never differ where they did not on few rows.
    """
    limit = -float(ndtri((1 - confidence) / 2))
    value = (wins - losses) / rows
    if not wins + losses:
        # no pair differs: the score is √(n·|d| / (1 - |d|)), which reaches the limit here
        edge = limit**2 / (rows + limit**2)
        return -edge, edge
    return _end(wins, losses, rows, value, -1.0, limit), _end(wins, losses, rows, value, 1.0, -limit)


def _end(wins: int, losses: int, rows: int, inside: float, outside: float, limit: float) -> float:
    """Where the score reaches the limit, between the value itself and the end of all that is possible."""
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if abs(_score(wins, losses, rows, middle)) < abs(limit):
            inside = middle
        else:
            outside = middle
    return inside


def _score(wins: int, losses: int, rows: int, difference: float) -> float:
    """How many standard errors the wins lie off, if ``difference`` were the truth; at 0 it is McNemar's statistic."""
    linear = -wins - losses + (2 * rows - wins + losses) * difference
    constant = -losses * difference * (1 - difference)
    losing = (sqrt(max(linear**2 - 8 * rows * constant, 0.0)) - linear) / (4 * rows)
    variance = rows * (2 * losing + difference * (1 - difference))
    return (wins - losses - rows * difference) / sqrt(variance) if variance > 0 else float("inf")
