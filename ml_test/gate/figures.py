"""The metrics, as functions of weighted rows: what the bootstrap resamples.

Rows are ordered by their true label (``resampling``). Agreement with scipy and with plain counting is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.metrics import macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A certain and wrong answer would cost an infinite log loss: a probability counts as no nearer to 0 or 1 than this.
CERTAINTY = 1e-6


class RowMean:
    """The mean of a value that each row has by itself, over all rows or those of a slice: accuracy, log loss."""

    def __init__(self, values: NDArray[np.float64], mask: NDArray[np.bool_] | None = None) -> None:
        self._rows = np.ones(len(values)) if mask is None else mask.astype(float)
        self._values = values * self._rows
        # both sums in one product; each resample has all rows, but not all of a slice's
        self._sums = np.stack([self._values, self._rows]).astype(np.float32)

    def __call__(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        sums = (self._sums @ weights).astype(float)
        mean: NDArray[np.float64] = sums[0] / np.maximum(sums[1], 1)
        return mean

    def jackknife(self) -> NDArray[np.float64]:
        without: NDArray[np.float64] = (self._values.sum() - self._values) / np.maximum(
            self._rows.sum() - self._rows, 1
        )
        return without


class Auc:
    """The share of (negative, positive) pairs in which the positive row scores higher; a tie counts half."""

    def __init__(self, truth: NDArray[np.int64], scores: NDArray[np.float64]) -> None:
        self._negatives = int((truth == 0).sum())
        self._positives = len(truth) - self._negatives
        negative, positive = scores[: self._negatives], scores[self._negatives :]
        self._order = np.argsort(negative, kind="stable")
        ranked = negative[self._order]
        self._below = np.searchsorted(ranked, positive, side="left")
        self._not_above = np.searchsorted(ranked, positive, side="right")
        self._ties = bool((self._below != self._not_above).any())
        self._scores = negative, positive

    def __call__(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        # counts and their halves are exact in 32 bits; the last sum is not, and has 64
        passed = np.zeros((self._negatives + 1, weights.shape[1]), dtype=np.float32)
        np.cumsum(weights.take(self._order, axis=0), axis=0, out=passed[1:])
        beaten = passed.take(self._below, axis=0)
        if self._ties:
            beaten = (beaten + passed.take(self._not_above, axis=0)) / 2
        sums: NDArray[np.float64] = (beaten * weights[self._negatives :]).sum(axis=0, dtype=np.float64)
        return sums / (self._negatives * self._positives)

    def jackknife(self) -> NDArray[np.float64]:
        negative, positive = self._scores
        beaten = (self._below + self._not_above) / 2
        ranked = np.sort(positive)
        losing = (
            len(positive) - (np.searchsorted(ranked, negative, "left") + np.searchsorted(ranked, negative, "right")) / 2
        )
        total = beaten.sum()
        without_negative = (total - losing) / max((self._negatives - 1) * self._positives, 1)
        without_positive = (total - beaten) / max(self._negatives * (self._positives - 1), 1)
        return np.concatenate([without_negative, without_positive])


class MacroF1:
    """``metrics.macro_f1`` of the resampled confusion matrix."""

    def __init__(self, truth: NDArray[np.int64], answers: NDArray[np.int64], labels: int) -> None:
        self._shape = labels, labels + 1
        self._cells = truth * (labels + 1) + answers
        self._membership = np.zeros((labels * (labels + 1), len(truth)), dtype=np.float32)
        self._membership[self._cells, np.arange(len(truth))] = 1

    def __call__(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        return macro_f1((self._membership @ weights).T.astype(float).reshape(-1, *self._shape))

    def jackknife(self) -> NDArray[np.float64]:
        counts = self._membership.sum(axis=1, dtype=float)
        without = counts - np.eye(len(counts))
        return macro_f1(np.maximum(without, 0).reshape(-1, *self._shape))[self._cells]


def log_losses(truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (rows,): minus the logarithm of the probability given to what was true."""
    given = np.where(truth == 1, probabilities, 1 - probabilities)
    return -np.log(np.clip(given, CERTAINTY, 1 - CERTAINTY))


def brier_scores(truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (rows,): the squared distance between probability and outcome."""
    return (probabilities - truth) ** 2


class CalibrationError:
    """How far, on average, the probability answered lies from the share that came true, in bins of equal size."""

    def __init__(self, truth: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = 10) -> None:
        places = np.empty(len(truth), dtype=np.int64)
        places[np.argsort(probabilities, kind="stable")] = np.arange(len(truth)) * bins // len(truth)
        self._excess = np.zeros((bins, len(truth)), dtype=np.float32)
        self._excess[places, np.arange(len(truth))] = probabilities - truth

    def __call__(self, weights: NDArray[np.float32]) -> NDArray[np.float64]:
        error: NDArray[np.float64] = np.abs(self._excess @ weights).sum(axis=0, dtype=float)
        return error / self._excess.shape[1]

    def jackknife(self) -> NDArray[np.float64]:
        excess = self._excess.astype(float)
        error: NDArray[np.float64] = np.abs(excess.sum(axis=1, keepdims=True) - excess).sum(axis=0)
        return error / max(excess.shape[1] - 1, 1)
