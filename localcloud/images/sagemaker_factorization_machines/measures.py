"""What the algorithm reports of scores and labels, under its own names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from factorization_machine import BINARY, THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a logarithm of 0 is taken for: the smallest step of float32 below 1.
_SMALLEST = 1e-7
LOSS, SCORE = "loss", "score"


def measures(predictor_type: str, scores: NDArray[Any], labels: NDArray[Any]) -> dict[str, tuple[str, float]]:
    """Name → whether it is a loss or a score, and its value."""
    scores, labels = scores.astype(np.float64), labels.astype(np.float64)
    if predictor_type != BINARY:
        errors = scores - labels
        mse = float((errors**2).mean())
        return {
            "rmse": (LOSS, mse**0.5),
            "mse": (LOSS, mse),
            "absolute_loss": (LOSS, float(np.abs(errors).mean())),
        }
    answered = scores > THRESHOLD
    right = float((answered == (labels > THRESHOLD)).mean())
    bounded = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    entropy = float(-(labels * np.log(bounded) + (1 - labels) * np.log(1 - bounded)).mean())
    hits = float((answered & (labels > THRESHOLD)).sum())
    named = float(answered.sum() + (labels > THRESHOLD).sum())
    return {
        "binary_classification_accuracy": (SCORE, right),
        "binary_classification_cross_entropy": (LOSS, entropy),
        "binary_f_1.000": (SCORE, 2 * hits / named if named else 0.0),
    }
