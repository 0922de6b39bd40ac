"""The log loss of the true label among many."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.metrics.metric import MeanOfRows
from ml_test.gate.wording import LESS_IS_BETTER, Direction

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A true label that is answered with 0 counts as one with this probability: its loss is finite.
_SMALLEST = 2.0**-24


class ClassLogLoss(MeanOfRows[ClassAnswers]):
    name: ClassVar[str] = "class_log_loss"
    reads: ClassVar[type[ClassAnswers]] = ClassAnswers
    called: ClassVar[str] = "log loss of the true label"
    explained: ClassVar[str] = (
        "a measure of how improbable the model found the true label, which counts confident mistakes most; "
        "less is better"
    )
    direction: ClassVar[Direction] = LESS_IS_BETTER

    def of_rows(self, answered: ClassAnswers) -> NDArray[np.float64]:
        losses: NDArray[np.float64] = -np.log(np.maximum(answered.of_truth, _SMALLEST))
        return losses

    def swing(self, answered: ClassAnswers) -> float:
        """The loss of the label that the boldest answer finds least probable."""
        return float(-np.log(max(answered.values.min(), _SMALLEST)))
