"""Answers that are the probabilities of all labels."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml_test.gate.answer_tables import ClassesTable
from ml_test.gate.answers import decided
from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.kind import AnswerKind, known_truth
from ml_test.gate.calibration import calibration
from ml_test.gate.charts import reliability
from ml_test.gate.independent import labels_alike

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair
    from ml_test.gate.verdict import Check

    Numbers = NDArray[np.float64]

#: How far the probabilities of an answer may be from a sum of 1: 32-bit numbers, many of them.
_ROUNDING = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassAnswers(Decided):
    """values: shape (rows, labels), probabilities. An unusable answer has 0 for the true label and 1 for another."""

    @property
    def decisions(self) -> NDArray[np.int64]:
        """The most probable label; of several, the first one."""
        return np.where(self.unusable, len(self.labels), self.values.argmax(axis=1)).astype(np.int64)

    @property
    def of_truth(self) -> Numbers:
        """Shape (rows,): the probability of the true label."""
        found: Numbers = self.values[np.arange(len(self)), self.truth]
        return found

    @property
    def confidence(self) -> Numbers:
        """Shape (rows,): the probability of the most probable label."""
        found: Numbers = self.values.max(axis=1)
        return found

    @property
    def ranks(self) -> NDArray[np.int64]:
        """Shape (rows,): the place of the true label by probability, from 1. Of equal ones, it comes last."""
        found = (self.values >= self.of_truth[:, None]).sum(axis=1)
        return np.where(self.unusable, len(self.labels), found).astype(np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Classes(ClassesTable, AnswerKind[ClassAnswers]):
    """The endpoint answers with a JSON list: the probability of each label, in the order of the data contract."""

    view: ClassVar[type[ClassAnswers]] = ClassAnswers
    one: ClassVar[str] = "a probability for each label"
    many: ClassVar[str] = "probabilities for all labels"
    baseline_knows: ClassVar[str] = "only how often each label occurs"

    def read(
        self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None
    ) -> ClassAnswers:
        true = known_truth(truth, self)
        if not labels:
            raise ValueError("nobody knows the labels, so nobody knows which probability is whose")
        if unknown := sorted(set(true) - set(labels)):
            raise ValueError(f"test rows carry labels that the model does not know: {unknown}; it knows {list(labels)}")
        places = np.array([labels.index(label) for label in true], dtype=np.int64)
        found = [probabilities(answer, len(labels)) for answer in answers]
        values = [_worst(place, len(labels)) if one is None else one for one, place in zip(found, places, strict=True)]
        return ClassAnswers(
            values=np.array(values, dtype=float).reshape(len(values), len(labels)),
            unusable=np.array([one is None for one in found], dtype=bool),
            truth=places,
            labels=tuple(labels),
        )

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:
        """The share of each label in the training rows."""
        counts = Counter(learned)
        return json.dumps([counts[label] / len(learned) for label in labels])

    def against_baseline(self, challenger: ClassAnswers, baseline: ClassAnswers) -> Check:
        return decided.against_constant(challenger, baseline)

    def untested(self, challenger: ClassAnswers) -> Check | None:
        return decided.untested(challenger)

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        return labels_alike([_most_probable(each) for each in champion], [_most_probable(each) for each in challenger])

    def alike_enough(self, answer: str, other: str) -> bool:
        one, two = probabilities(answer), probabilities(other)
        if one is None or two is None or len(one) != len(two):
            return answer == other
        return bool(np.abs(np.subtract(one, two)).max() <= self.tolerance)

    def part(self, pair: Pair[ClassAnswers], evidence: Evidence) -> dict[str, Any]:
        challenger = pair.challenger
        return {
            **decided.part(pair, evidence),
            "calibration": calibration(challenger.right.astype(np.int64), challenger.confidence),
        }

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        return (
            "<p>Of the answers that give their label a probability of 30 %, about 30 % should be right. A good model "
            "has its dots on the dashed line. The lines are 95 % intervals.</p>"
            f"{reliability(report['answered']['calibration'])}{decided.section(report)}"
        )


def probabilities(answer: str, labels: int | None = None) -> list[float] | None:
    """The answer as probabilities that add up to 1, of so many labels; None if it is something else."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not found or len(found) != (labels or len(found)):
        return None
    if not all(type(value) in (int, float) and 0 <= value <= 1 for value in found):
        return None
    return found if isclose(sum(found), 1.0, abs_tol=_ROUNDING) else None


def _worst(truth: int, labels: int) -> list[float]:
    """Certain of another label than the true one."""
    return [float(place == (truth + 1) % labels) for place in range(labels)]


def _most_probable(answer: str) -> str:
    """The place of the most probable label, as text; the answer itself if it cannot be read."""
    found = probabilities(answer)
    return answer if found is None else str(found.index(max(found)))
