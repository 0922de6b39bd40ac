"""Macro-F1: the mean of the labels' F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.decided import Decided
from ml_test.gate.bootstrap import Figure
from ml_test.gate.intervals import CONFIDENCE, Estimate, unseen
from ml_test.gate.metrics.metric import Resampled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml_test.gate.gains import Pair

RESAMPLES = 10_000


class MacroF1(Resampled[Decided]):
    name: ClassVar[str] = "macro_f1"
    reads: ClassVar[type[Decided]] = Decided
    called: ClassVar[str] = "macro-F1"
    explained: ClassVar[str] = (
        "a score from 0 to 1 for finding each label and not confusing it with others; a rare label counts as much as "
        "a common one"
    )
    own_method: ClassVar[str] = "a bootstrap, stratified by the true label"

    def value(self, answered: Decided) -> float:
        return float(macro_f1(answered.matrix))

    def estimate(self, answered: Decided, *, seed: int) -> Estimate:
        return macro_f1_estimate(answered.matrix, seed=seed)

    def gain_figure(self, pair: Pair[Decided]) -> Figure:
        """Each row adds 1 to its cell of either confusion matrix; a resample's gain follows from its two matrices."""
        labels = len(pair.challenger.labels)
        shape, half = (-1, labels, labels + 1), labels * (labels + 1)

        def difference(sums: NDArray[np.float64]) -> NDArray[np.float64]:
            return macro_f1(sums[:half].T.reshape(shape)) - macro_f1(sums[half:].T.reshape(shape))

        return Figure(parts=np.concatenate([_cells(pair.challenger), _cells(pair.champion)]), of=difference)

    def widening(self, answered: Decided, confidence: float) -> float:
        """One more row is taken to move its label's F1 by no more than its share of the label's rows."""
        counts = [int(count) for count in np.bincount(answered.truth) if count]
        return sum(unseen(count, confidence) for count in counts) / len(counts)


def macro_f1(matrix: NDArray[np.number]) -> NDArray[np.float64]:
    """The mean over the labels of F1 = 2 · right / (true + answered); 0 for a label that does not occur at all.

    matrix: confusion matrices, shape (…, labels, labels + 1); leading dimensions are kept.
    """
    true = matrix.sum(axis=-1)
    answered = matrix.sum(axis=-2)[..., :-1]
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    mean: NDArray[np.float64] = (2 * right / np.maximum(true + answered, 1)).mean(axis=-1)
    return mean


def macro_f1_estimate(matrix: NDArray[np.int64], *, seed: int) -> Estimate:
    """Macro-F1 with a stratified percentile bootstrap interval: each resample keeps the row count of each true label.

    Resampling the rows of one true label means drawing its row of the confusion matrix from a multinomial. A label
    without any mistake has none in any resample either, so the recall's interval should be read beside this one.
    """
    generator = np.random.default_rng(seed)
    rows = matrix.sum(axis=1)
    draws = [
        generator.multinomial(count, line / count, size=RESAMPLES) for count, line in zip(rows, matrix, strict=True)
    ]
    resampled = macro_f1(np.stack(draws, axis=1))
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value=float(macro_f1(matrix)), low=float(low), high=float(high), rows=int(rows.sum()))


def _cells(answered: Decided) -> NDArray[np.float64]:
    """Shape (cells of the confusion matrix, rows): 1 in the cell of each row."""
    labels = len(answered.labels)
    places = answered.truth * (labels + 1) + answered.decisions
    cells = np.zeros((labels * (labels + 1), len(places)))
    cells[places, np.arange(len(places))] = 1
    return cells
