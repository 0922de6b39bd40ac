"""Figures of a classifier, from its confusion matrix.

A confusion matrix here has a row for each true label and a column for each answered label, plus a last column for
answers that are no label at all: they are wrong whatever the truth. Shape ``(…, labels, labels + 1)``; leading
dimensions (bootstrap resamples) are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def confusion_matrix(truth: Sequence[str], answers: Sequence[str], labels: Sequence[str]) -> NDArray[np.int64]:
    """Count (true label, answer) pairs. Raises ValueError for a true label that is not among ``labels``."""
    unknown = sorted(set(truth) - set(labels))
    if unknown:
        raise ValueError(f"test rows carry labels that the model does not know: {unknown}; it knows {list(labels)}")
    place = {label: index for index, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for true, answer in zip(truth, answers, strict=True):
        matrix[place[true], place.get(answer, len(labels))] += 1
    return matrix


def accuracy(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of right answers."""
    return _right(matrix).sum(axis=-1) / matrix.sum(axis=(-2, -1))


def macro_f1(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean over the labels of F1 = 2 · right / (true + answered); 0 for a label neither true nor answered."""
    true = matrix.sum(axis=-1)
    answered = matrix.sum(axis=-2)[..., :-1]
    return (2 * _right(matrix) / np.maximum(true + answered, 1)).mean(axis=-1)


def _right(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.diagonal(matrix, axis1=-2, axis2=-1)
