"""Answers that are the probability of one of two labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from handover.plain_text import number
from ml_test.gate import roc
from ml_test.gate.answer_tables import ProbabilityTable
from ml_test.gate.answers import decided
from ml_test.gate.answers.kind import TOO_FEW_ROWS, AnswerKind, better_than_nothing, known_truth
from ml_test.gate.calibration import calibration
from ml_test.gate.charts import reliability, roc_chart
from ml_test.gate.independent import labels_alike, numbers_alike
from ml_test.gate.intervals import Estimate, mean_estimate
from ml_test.gate.verdict import Check
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.answer_tables import Costs
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair

    Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbabilityAnswers(decided.Decided):
    """values: shape (rows,), probabilities. truth: 1 for a row with the label that they are the probability of, else 0.

    labels: the other label, then this one. An unusable answer counts as the worst one: certain of the wrong label.
    """

    threshold: float

    @property
    def decisions(self) -> NDArray[np.int64]:
        return np.where(self.unusable, len(self.labels), self.values >= self.threshold).astype(np.int64)

    @property
    def by(self) -> str:
        return f" at the threshold {self.threshold:.3f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Probability(ProbabilityTable, AnswerKind[ProbabilityAnswers]):
    """The endpoint answers with the probability of the label ``of``. The ``costs`` set the threshold for a decision."""

    view: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers
    one: ClassVar[str] = "a probability"
    many: ClassVar[str] = "probabilities"
    baseline_knows: ClassVar[str] = "only how often each label occurs"

    def read(
        self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None
    ) -> ProbabilityAnswers:
        true = known_truth(truth, self)
        other = f"not {self.of}"
        if labels is not None:
            other = self._other(labels)
            if unknown := sorted(set(true) - set(labels)):
                raise ValueError(f"test rows carry labels that the model does not know: {unknown}; it knows {labels}")
        event = np.array([label == self.of for label in true], dtype=np.int64)
        found = [probability(answer) for answer in answers]
        worst = [float(wrong) if value is None else value for value, wrong in zip(found, 1 - event, strict=True)]
        return ProbabilityAnswers(
            values=np.array(worst, dtype=float),
            unusable=np.array([value is None for value in found], dtype=bool),
            truth=event,
            labels=(other, self.of),
            threshold=self.costs.threshold,
        )

    def _other(self, labels: Sequence[str]) -> str:
        others = [label for label in labels if label != self.of]
        if len(labels) != 2 or len(others) != 1:
            raise ValueError(f"probabilities of {self.of!r} need two labels, it among them, not {list(labels)}")
        return others[0]

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:  # noqa: ARG002  (those that occur)
        """The share of the label in the training rows."""
        return repr(list(learned).count(self.of) / len(learned))

    def baseline_by(self, learned: Sequence[tuple[str, str]], asked: Sequence[str]) -> list[str]:
        """How often the label came with this value among the training rows, against the value it came with most."""
        came = Counter(value for value, true in learned if true == self.of)
        most = max(came.values(), default=1)
        return [repr(came[value] / most) for value in asked]

    def against_baseline(self, challenger: ProbabilityAnswers, baseline: ProbabilityAnswers) -> Check:  # noqa: ARG002
        """Compares the costs with those of the better constant decision: always raising the alarm, or never."""
        found = saved(challenger.truth, challenger.values, self.costs)
        passed = found.low > 0
        better = "saves costs" if passed else "does not clearly save costs"
        return Check(
            name="beats the baseline",
            outcome=better_than_nothing(surely=passed, value=found.value, rows=found.rows),
            look_at=TOO_FEW_ROWS,
            plain=f"deciding by it {better}, compared with deciding the same for every row",
            sentence=f"cost saved per row, compared with the better constant decision: {found.value:.4f} "
            f"(95 % interval {found.low:.4f} to {found.high:.4f}, which must lie above 0; a missed case costs "
            f"{self.costs.missed:g}, a false alarm {self.costs.false_alarm:g})",
        )

    def untested(self, challenger: ProbabilityAnswers) -> Check | None:
        return decided.untested(challenger)

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        both = [[probability(answer) for answer in answers] for answers in (champion, challenger)]
        usable = [[value for value in values if value is not None] for values in both]
        if usable != both:
            return labels_alike(champion, challenger)
        return numbers_alike(*usable)

    def alike_enough(self, answer: str, other: str) -> bool:
        one, two = probability(answer), probability(other)
        return answer == other if one is None or two is None else abs(one - two) <= self.tolerance

    def part(self, pair: Pair[ProbabilityAnswers], evidence: Evidence) -> dict[str, Any]:
        challenger = pair.challenger
        return {
            **decided.part(pair, evidence),
            "answers": list(evidence.answers),
            "threshold": challenger.threshold,
            "calibration": calibration(challenger.truth, challenger.values),
            "roc": {
                "new model": roc.roc(challenger.truth, challenger.values),
                **({"champion": roc.roc(pair.champion.truth, pair.champion.values)} if evidence.champion else {}),
            },
            "decided": roc.decided(challenger.truth, challenger.values >= challenger.threshold),
        }

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        answered = report["answered"]
        return (
            "<p>Of the rows with a probability of 30 %, about 30 % should come true. A good model has its dots on the "
            f"dashed line. The lines are 95 % intervals.</p>{reliability(answered['calibration'])}"
            "<p>A lower threshold finds more of the rows where the answer is true, and takes more others for them. "
            "Guessing runs along the dashed line. The dot is the threshold that the costs set: it finds "
            f"{percent(answered['decided'][1], digits=1)}, at the price of {percent(answered['decided'][0], digits=1)} "
            f"of the others.</p>{roc_chart(answered['roc'], answered['decided'])}"
            f"<p>A probability of {answered['threshold']:.3f} or more counts as the answer "
            f"{escape(report['rules']['answers']['of'])}:</p>"
            f"{decided.section(report)}"
        )


def probability(answer: str) -> float | None:
    """The answer as a number in [0, 1], or None."""
    value = number(answer)
    return value if value is not None and 0 <= value <= 1 else None


def saved(truth: NDArray[np.int64], scores: Numbers, costs: Costs) -> Estimate:
    """The cost per row that deciding by the model saves, compared with the better constant decision."""
    event, alarms = truth == 1, scores >= costs.threshold
    spent = np.where(event & ~alarms, costs.missed, 0.0) + np.where(~event & alarms, costs.false_alarm, 0.0)
    never, always = np.where(event, costs.missed, 0.0), np.where(event, 0.0, costs.false_alarm)
    constant = never if never.mean() <= always.mean() else always
    return mean_estimate(constant - spent, swing=max(costs.missed, costs.false_alarm))
