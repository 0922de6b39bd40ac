"""What several models say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

#: Objectives whose predictions are classes.
_CLASSES = ("multi:softmax", "binary:hinge")


def together(predictions: Sequence[Numbers], objective: str) -> Numbers:
    """The commonest class of each row, or the mean of the models' numbers."""
    if objective in _CLASSES:
        return most_common(np.stack(predictions, axis=1))
    mean: Numbers = np.mean(predictions, axis=0)
    return mean


def most_common(values: Numbers) -> Numbers:
    """The commonest value of each row, of several the smallest."""
    names = np.unique(values)
    counts = np.stack([(values == name).sum(axis=1) for name in names], axis=1)
    winners: Numbers = names[np.argmax(counts, axis=1)]
    return winners
