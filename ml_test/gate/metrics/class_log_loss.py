"""The log loss of the true label among many."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.metric_facts import CLASS_LOG_LOSS
from ml_test.gate.metrics.metric import MeanOfRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A true label that is answered with 0 counts as one with this probability: its loss is finite.
_SMALLEST = 2.0**-24


class ClassLogLoss(MeanOfRows[ClassAnswers], facts=CLASS_LOG_LOSS):
    reads: ClassVar[type[ClassAnswers]] = ClassAnswers

    def of_rows(self, answered: ClassAnswers) -> NDArray[np.float64]:
        losses: NDArray[np.float64] = -np.log(np.maximum(answered.of_truth, _SMALLEST))
        return losses

    def swing(self, answered: ClassAnswers) -> float:
        """The loss of the label that the boldest answer finds least probable."""
        return float(-np.log(max(answered.values.min(), _SMALLEST)))
