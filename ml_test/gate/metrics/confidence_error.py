"""The calibration error of the most probable label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.calibration import calibration_error
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.wording import LESS_IS_BETTER, Direction

if TYPE_CHECKING:
    from ml_test.gate.intervals import Estimate


class ConfidenceError(Metric[ClassAnswers]):
    """It does not compare two models."""

    name: ClassVar[str] = "confidence_error"
    reads: ClassVar[type[ClassAnswers]] = ClassAnswers
    called: ClassVar[str] = "confidence error"
    explained: ClassVar[str] = (
        "the mean distance between the probability of the answered label and the share of these answers that were right"
    )
    own_method: ClassVar[str] = "Student's interval of a mean"
    direction: ClassVar[Direction] = LESS_IS_BETTER

    def figures(self, answered: ClassAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        return {self.called: calibration_error(answered.right.astype("int64"), answered.confidence)}
