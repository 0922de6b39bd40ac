"""Answers that are labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml_test.gate.answer_tables import LabelsTable
from ml_test.gate.answers import decided
from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.kind import AnswerKind, known_truth
from ml_test.gate.independent import labels_alike

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair
    from ml_test.gate.verdict import Check


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels(LabelsTable, AnswerKind[Decided]):
    """The endpoint answers with one of the labels. Any other answer is unusable, and counts as wrong."""

    view: ClassVar[type[Decided]] = Decided
    one: ClassVar[str] = "a known label"
    many: ClassVar[str] = "known labels"
    baseline_knows: ClassVar[str] = "only how often each label occurs"

    def read(self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None) -> Decided:
        true = known_truth(truth, self)
        known = tuple(sorted({*answers, *true}) if labels is None else labels)
        if unknown := sorted(set(true) - set(known)):
            raise ValueError(f"test rows carry labels that the model does not know: {unknown}; it knows {list(known)}")
        place = {label: index for index, label in enumerate(known)}
        values = np.array([place.get(answer, len(known)) for answer in answers], dtype=np.int64)
        return Decided(
            values=values,
            unusable=values == len(known),
            truth=np.array([place[label] for label in true], dtype=np.int64),
            labels=known,
        )

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:  # noqa: ARG002  (those that occur)
        """The commonest label of the training rows."""
        counts = Counter(learned)
        return max(sorted(counts), key=counts.__getitem__)

    def against_baseline(self, challenger: Decided, baseline: Decided) -> Check:
        return decided.against_constant(challenger, baseline)

    def untested(self, challenger: Decided) -> Check | None:
        return decided.untested(challenger)

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        return labels_alike(champion, challenger)

    def part(self, pair: Pair[Decided], evidence: Evidence) -> dict[str, Any]:
        return decided.part(pair, evidence)

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        return decided.section(report)
