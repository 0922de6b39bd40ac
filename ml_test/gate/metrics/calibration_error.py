"""The calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.calibration import calibration_error
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.wording import LESS_IS_BETTER, Direction

if TYPE_CHECKING:
    from ml_test.gate.intervals import Estimate


class CalibrationError(Metric[ProbabilityAnswers]):
    """It does not compare two models."""

    name: ClassVar[str] = "calibration_error"
    reads: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers
    called: ClassVar[str] = "calibration error"
    explained: ClassVar[str] = "the mean distance between the probability answered and the share that came true"
    own_method: ClassVar[str] = "Student's interval of a mean"
    direction: ClassVar[Direction] = LESS_IS_BETTER

    def figures(self, answered: ProbabilityAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        return {self.called: calibration_error(answered.truth, answered.values)}
