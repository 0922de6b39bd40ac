"""The log loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import xlog1py, xlogy

from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.metric_facts import LOG_LOSS
from ml_test.gate.metrics.metric import MeanOfRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: XGBoost answers in 32 bits. A wrong answer of exactly 0 or 1 counts as one that is off by this: its loss is finite.
_SMALLEST = 2.0**-24


class LogLoss(MeanOfRows[ProbabilityAnswers], facts=LOG_LOSS):
    reads: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers

    def of_rows(self, answered: ProbabilityAnswers) -> NDArray[np.float64]:
        return log_loss(answered.truth, answered.values)

    def swing(self, answered: ProbabilityAnswers) -> float:
        """The loss of the boldest answer, if it were wrong."""
        return float(max(log_loss(truth, answered.values).max() for truth in (answered.truth, 1 - answered.truth)))


def log_loss(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row's loss, in nats. truth: 1 where the event came; scores: its probability; both of shape (rows,)."""
    kept = np.clip(scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    losses: NDArray[np.float64] = -(xlogy(truth, kept) + xlog1py(1 - truth, -kept))
    return losses
