"""Macro-F1: the mean of the labels' F1."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.decided import Decided
from ml_test.gate.bootstrap import Figure
from ml_test.gate.intervals import CONFIDENCE, Estimate, unseen
from ml_test.gate.metric_facts import MACRO_F1
from ml_test.gate.metrics.metric import Resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml_test.gate.gains import Pair

RESAMPLES = 10_000


class MacroF1(Resampled[Decided], facts=MACRO_F1):
    reads: ClassVar[type[Decided]] = Decided
    own_method: ClassVar[str] = "a bootstrap, stratified by the true label; Wilson's bound for labels without a mistake"

    def value(self, answered: Decided) -> float:
        return macro_f1(answered.matrix)

    def estimate(self, answered: Decided, *, seed: int) -> Estimate:
        return macro_f1_estimate(answered.matrix, seed=seed)

    def gain_figure(self, pair: Pair[Decided]) -> Figure:
        """Each row adds 1 to three counts of its labels; a resample's gain follows from the counts."""
        labels = len(pair.challenger.labels)
        true = _counted(pair.challenger.truth, labels)

        def difference(sums: NDArray[np.float64]) -> NDArray[np.float64]:
            rows, right, answered, right_before, answered_before = sums.reshape(5, labels, -1)
            gained: NDArray[np.float64] = f1(right, rows, answered) - f1(right_before, rows, answered_before)
            mean: NDArray[np.float64] = gained.mean(axis=0)
            return mean

        parts = [true]
        for model in (pair.challenger, pair.champion):
            answered = _counted(model.decisions, labels)
            parts += [true * answered, answered]
        return Figure(parts=np.concatenate(parts), of=difference)

    def telling(self, pair: Pair[Decided]) -> int:
        """The rows that are not answered, by both models, as most rows of their label are."""
        labels = len(pair.challenger.labels) + 1
        both = pair.challenger.decisions * labels + pair.champion.decisions
        counts = [np.bincount(both[pair.challenger.truth == label]) for label in np.unique(pair.challenger.truth)]
        return min(pair.differing, sum(int(count.sum() - count.max()) for count in counts))

    def widening(self, answered: Decided, confidence: float) -> float:
        """One more row is taken to move its label's F1 by no more than its share of the label's rows."""
        counts = [int(count) for count in np.bincount(answered.truth) if count]
        return sum(unseen(count, confidence) for count in counts) / len(counts)


def macro_f1(matrix: NDArray[np.number]) -> float:
    """The mean of the labels' F1. matrix: a confusion matrix, shape (labels, labels + 1)."""
    return float(f1(np.diagonal(matrix), matrix.sum(axis=1), matrix.sum(axis=0)[:-1]).mean())


def f1(right: NDArray[np.number], true: NDArray[np.number], answered: NDArray[np.number]) -> NDArray[np.float64]:
    """2 · right / (true + answered) of each label; 0 for a label that does not occur at all."""
    found: NDArray[np.float64] = 2 * right / np.maximum(true + answered, 1)
    return found


def macro_f1_estimate(matrix: NDArray[np.int64], *, seed: int) -> Estimate:
    """Macro-F1 with a stratified percentile bootstrap interval: each resample keeps the row count of each true label.

    Resampling the rows of one true label means drawing its row of the confusion matrix from a multinomial. A label
    whose rows were all answered alike is so in each resample, too. What it may do unseen is added: squared, as the
    labels' rows are drawn separately (Zou and Donner, Statistics in Medicine 27, 2008).
    """
    rows, value = matrix.sum(axis=1), macro_f1(matrix)
    resampled = _resampled(matrix, np.random.default_rng(seed))
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    moved = [_if_others_came(matrix, label) - value for label in _alike(matrix)]
    return Estimate(
        value=value,
        low=max(value - hypot(max(value - low, 0.0), *(min(by, 0.0) for by in moved)), 0.0),
        high=min(value + hypot(max(high - value, 0.0), *(max(by, 0.0) for by in moved)), 1.0),
        rows=int(rows.sum()),
    )


def _resampled(matrix: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Macro-F1 of each resample, shape (resamples,). Only answers that were given can be drawn."""
    rows = matrix.sum(axis=1)
    right, answered = np.zeros((RESAMPLES, len(matrix))), np.zeros((RESAMPLES, len(matrix) + 1))
    for label, line in enumerate(matrix):
        given = np.flatnonzero(line)
        if len(given):
            drawn = generator.multinomial(rows[label], line[given] / rows[label], size=RESAMPLES)
            answered[:, given] += drawn
            right[:, label] = drawn[:, given == label].sum(axis=1)
    mean: NDArray[np.float64] = f1(right, rows, answered[:, :-1]).mean(axis=1)
    return mean


def _alike(matrix: NDArray[np.int64]) -> list[int]:
    """The labels with rows that were all answered alike."""
    rows = matrix.sum(axis=1)
    return np.flatnonzero((rows > 0) & (matrix.max(axis=1) == rows)).tolist()


def _if_others_came(matrix: NDArray[np.int64], label: int) -> float:
    """Macro-F1 if as many of the label's rows were answered otherwise as may be so unseen.

    Otherwise means: right, if all were wrong; in equal parts with each other label, if all were right.
    """
    changed = matrix.astype(np.float64)
    rows, answered, labels = changed[label].sum(), int(np.argmax(matrix[label])), len(matrix)
    share = unseen(int(rows), CONFIDENCE)
    others = [label] if answered != label else [other for other in range(labels) if other != label] or [labels]
    changed[label, answered] -= share * rows
    changed[label, others] += share * rows / len(others)
    return macro_f1(changed)


def _counted(labels: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Shape (count, rows): 1 for each row's label. A row whose label is none of them has no 1."""
    counted: NDArray[np.float64] = (labels == np.arange(count)[:, None]).astype(float)
    return counted
