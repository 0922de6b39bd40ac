"""The ROC curve: how many of the rows with the event are found, at the price of how many false alarms.

``truth`` is 1 where the event came, else 0. ``scores`` are the probabilities of it. Both have the shape ``(rows,)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: More are not seen on a screen.
POINTS = 120


def roc(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> list[list[float]]:
    """Points [share of false alarms, share of found events] from [0, 0] to [1, 1], a threshold each.

    Rows with equal scores are one step: no threshold divides them. Of a long curve, ``POINTS`` are left.
    """
    thresholds, place = np.unique(-scores, return_inverse=True)
    events = np.bincount(place, weights=truth, minlength=len(thresholds)).cumsum()
    others = np.bincount(place, weights=1 - truth, minlength=len(thresholds)).cumsum()
    curve = np.array([others / max(others[-1], 1.0), events / max(events[-1], 1.0)]).T
    kept = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), POINTS)).round().astype(int))
    return [[0.0, 0.0], *curve[kept].tolist()]


def decided(truth: NDArray[np.int64], alarms: NDArray[np.bool_]) -> list[float]:
    """The point of the decisions that are made: [share of false alarms, share of found events]."""
    event = truth == 1
    return [
        float(alarms[~event].mean()) if (~event).any() else 0.0,
        float(alarms[event].mean()) if event.any() else 0.0,
    ]
