"""The calibration error of the most probable label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.calibration import calibration_error
from ml_test.gate.metric_facts import CONFIDENCE_ERROR
from ml_test.gate.metrics.metric import Metric

if TYPE_CHECKING:
    from ml_test.gate.intervals import Estimate


class ConfidenceError(Metric[ClassAnswers], facts=CONFIDENCE_ERROR):
    """It does not compare two models."""

    reads: ClassVar[type[ClassAnswers]] = ClassAnswers
    own_method: ClassVar[str] = "Student's interval of a mean"

    def figures(self, answered: ClassAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        return {self.called: calibration_error(answered.right.astype("int64"), answered.confidence)}
