"""How much better the challenger is than the champion on the same rows, with a paired interval.

Two models that answer all these rows alike may still differ elsewhere. Tango's interval knows that by itself; where
hardly a row is answered differently, the others are widened to it (``_agreement``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from ml_test.gate import bootstrap, delong
from ml_test.gate.bootstrap import Bounds, Figure
from ml_test.gate.metrics import macro_f1
from ml_test.gate.probabilities import log_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

METHODS = {
    "accuracy": "Tango's score interval for paired answers (McNemar's test, inverted)",
    "auc": "DeLong's interval for two paired areas under the ROC curve",
    "macro_f1": "paired bootstrap, stratified by the true label, BCa",
    "log_loss": "paired bootstrap, stratified by the true label, BCa",
}
BOOTSTRAPPED = ("macro_f1", "log_loss")
BISECTIONS = 60
# Fewer rows on which the models differ are too few for an interval that is made of their spread.
FEWEST_DIFFERENCES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Both models' answers, each of shape (rows,): places of labels, or probabilities where there is a threshold."""

    truth: NDArray[np.int64]
    champion: NDArray[np.generic]
    challenger: NDArray[np.generic]
    labels: int
    threshold: float | None = None

    def where(self, mask: NDArray[np.bool_]) -> Pair:
        return replace(self, truth=self.truth[mask], champion=self.champion[mask], challenger=self.challenger[mask])

    def decided(self, answers: NDArray[np.generic]) -> NDArray[np.int64]:
        """The answers as places of labels."""
        decided = answers if self.threshold is None else answers >= self.threshold
        return decided.astype(np.int64)

    def wins_and_losses(self) -> tuple[int, int]:
        """Rows that the challenger alone answers right, and the champion alone."""
        before, after = (self.decided(answers) == self.truth for answers in (self.champion, self.challenger))
        return int((after & ~before).sum()), int((before & ~after).sum())


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


def gains(pair: Pair, metrics: Sequence[str], *, confidence: float, seed: int) -> list[Gain]:
    """The paired gain in each metric."""
    figures = {metric: gain_figure(metric, pair) for metric in metrics if metric in BOOTSTRAPPED}
    drawn = bootstrap.intervals(figures, pair.truth, confidences=[confidence], seed=seed)
    return [
        _gain(
            metric, pair, confidence, drawn[metric][0] if metric in drawn else closed_bounds(metric, pair, confidence)
        )
        for metric in metrics
    ]


def closed_gain(metric: str, pair: Pair, *, confidence: float) -> Gain:
    """Of ``accuracy`` or ``auc``, whose intervals need no resampling."""
    return _gain(metric, pair, confidence, closed_bounds(metric, pair, confidence))


def closed_bounds(metric: str, pair: Pair, confidence: float) -> Bounds:
    if metric == "accuracy":
        return score_interval(*pair.wins_and_losses(), len(pair.truth), confidence=confidence)
    before, after = pair.champion.astype(float), pair.challenger.astype(float)
    return delong.auc_gain(pair.truth, before, after, confidence=confidence)


def _gain(metric: str, pair: Pair, confidence: float, bounds: Bounds) -> Gain:
    before, after = (figure_of(metric, pair, answers) for answers in (pair.champion, pair.challenger))
    value = before - after if metric == "log_loss" else after - before
    least = _agreement(metric, pair, confidence)
    return Gain(
        metric=metric, champion=before, challenger=after, value=value, confidence=confidence, rows=len(pair.truth),
        low=min(bounds[0], value - least), high=max(bounds[1], value + least), method=METHODS[metric],
    )  # fmt: skip


def figure_of(metric: str, pair: Pair, answers: NDArray[np.generic]) -> float:
    """The metric of one model's answers."""
    if metric == "auc":
        return delong.auc(pair.truth, answers.astype(float))
    if metric == "log_loss":
        return float(log_loss(pair.truth, answers.astype(float)).mean())
    if metric == "accuracy":
        return float((pair.decided(answers) == pair.truth).mean())
    return float(macro_f1(_cells(pair, answers).sum(axis=1).reshape(pair.labels, pair.labels + 1)))


def gain_figure(metric: str, pair: Pair) -> Figure:
    """Challenger minus champion, of the same rows in each resample: that is what paired means."""
    if metric == "log_loss":
        before, after = (log_loss(pair.truth, answers.astype(float)) for answers in (pair.champion, pair.challenger))
        return Figure(parts=np.stack([before - after, np.ones(len(before))]), of=lambda sums: sums[0] / sums[1])
    shape = (-1, pair.labels, pair.labels + 1)
    half = pair.labels * (pair.labels + 1)

    def difference(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return macro_f1(sums[:half].T.reshape(shape)) - macro_f1(sums[half:].T.reshape(shape))

    parts = np.concatenate([_cells(pair, pair.challenger), _cells(pair, pair.champion)])
    return Figure(parts=parts, of=difference)


def _cells(pair: Pair, answers: NDArray[np.generic]) -> NDArray[np.float64]:
    """Shape (cells of the confusion matrix, rows): 1 in the cell to which a row belongs."""
    places = pair.truth * (pair.labels + 1) + pair.decided(answers)
    cells = np.zeros((pair.labels * (pair.labels + 1), len(places)))
    cells[places, np.arange(len(places))] = 1
    return cells


def _agreement(metric: str, pair: Pair, confidence: float) -> float:
    """How far from 0 the difference of two models may be that answer each of these rows alike.

    0 where enough rows are answered differently. Of n rows without a difference, up to z² / (n + z²) of all rows may
    still differ (the score interval's end). A row moves the AUC, or a label's F1, by no more than its share of its
    label's rows, and the log loss by no more than the range of losses that were seen.
    """

    def unseen(rows: int) -> float:
        limit = float(ndtri((1 + confidence) / 2)) ** 2
        return limit / (rows + limit)

    if metric == "accuracy" or (pair.champion != pair.challenger).sum() >= FEWEST_DIFFERENCES:
        return 0.0
    counts = [int(count) for count in np.bincount(pair.truth) if count]
    if metric == "auc":
        return sum(unseen(count) for count in counts)
    if metric == "macro_f1":
        return sum(unseen(count) for count in counts) / len(counts)
    losses = log_loss(pair.truth, pair.challenger.astype(float))
    return unseen(len(losses)) * float(losses.max() - losses.min())


def score_interval(wins: int, losses: int, rows: int, *, confidence: float) -> Bounds:
    """Tango's interval (Statistics in Medicine 17, 1998) for the difference of two paired shares of right answers."""
    limit = float(ndtri((1 + confidence) / 2))
    value = (wins - losses) / rows
    if not wins + losses:
        # no pair differs: the score is √(n·|d| / (1 - |d|)), which reaches the limit here
        edge = limit**2 / (rows + limit**2)
        return -edge, edge
    return _end(wins, losses, rows, value, -1.0, limit), _end(wins, losses, rows, value, 1.0, limit)


def _end(wins: int, losses: int, rows: int, inside: float, outside: float, limit: float) -> float:
    """Where the score reaches the limit, between the value itself and the end of all that is possible."""
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if abs(_score(wins, losses, rows, middle)) < limit:
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
