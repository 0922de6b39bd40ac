"""The calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.calibration import calibration_error
from ml_test.gate.metric_facts import CALIBRATION_ERROR
from ml_test.gate.metrics.metric import Metric

if TYPE_CHECKING:
    from ml_test.gate.intervals import Estimate


class CalibrationError(Metric[ProbabilityAnswers], facts=CALIBRATION_ERROR):
    """It does not compare two models."""

    reads: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers
    own_method: ClassVar[str] = "Student's interval of a mean"

    def figures(self, answered: ProbabilityAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        return {self.called: calibration_error(answered.truth, answered.values)}
