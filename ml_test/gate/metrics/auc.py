"""The area under the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.delong import Placements, auc, auc_estimate, auc_gain, auc_gain_of_two
from ml_test.gate.intervals import Interval, unseen
from ml_test.gate.metric_facts import AUC
from ml_test.gate.metrics.metric import ClosedForm

if TYPE_CHECKING:
    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.gains import Pair
    from ml_test.gate.intervals import Estimate


class Auc(ClosedForm[ProbabilityAnswers], facts=AUC):
    reads: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers
    own_method: ClassVar[str] = "DeLong's interval on the logit scale, or Newcombe's where it reaches further"
    method: ClassVar[str] = "DeLong's interval for two paired areas under the ROC curve"
    fewest_rows: ClassVar[int] = 30

    def value(self, answered: ProbabilityAnswers) -> float:
        return auc(answered.truth, answered.values)

    def estimate(self, answered: ProbabilityAnswers, *, seed: int) -> Estimate:  # noqa: ARG002  (nothing is drawn)
        return auc_estimate(answered.truth, answered.values)

    def gain_bounds(self, pair: Pair[ProbabilityAnswers], confidence: float) -> Bounds:
        truth = pair.challenger.truth
        return auc_gain(truth, pair.champion.values, pair.challenger.values, confidence=confidence)

    def telling(self, pair: Pair[ProbabilityAnswers]) -> int:
        """The rows whose rank among those of the other label the two models see differently."""
        ours, theirs = (Placements.of(model.truth, model.values) for model in (pair.challenger, pair.champion))
        return min(pair.differing, ours.minus(theirs).telling)

    def too_few(self, answered: ProbabilityAnswers) -> str | None:
        """The number of rows with the rarer label decides."""
        rows, events = len(answered), int(answered.truth.sum())
        rarer = min(events, rows - events)
        return None if rarer >= self.fewest_rows else f"{rows} rows, {rarer} of the rarer label"

    def widening(self, answered: ProbabilityAnswers, confidence: float) -> float:
        """One more row is taken to move the AUC by no more than its share of its label's rows."""
        events = int(answered.truth.sum())
        return sum(unseen(count, confidence) for count in (len(answered) - events, events) if count)

    def independent(self, champion: ProbabilityAnswers, challenger: ProbabilityAnswers) -> Interval:
        low, high = auc_gain_of_two(*(Placements.of(model.truth, model.values) for model in (champion, challenger)))
        return Interval(low=low, high=high, method="the intervals of two independent areas, squared and added")
