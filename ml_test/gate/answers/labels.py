"""Answers that are labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml_test.gate.answers import decided
from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.kind import TOO_FEW_ROWS, AnswerKind, better_than_nothing, known_truth
from ml_test.gate.independent import labels_alike
from ml_test.gate.intervals import CONFIDENCE, win_p_value
from ml_test.gate.verdict import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels(AnswerKind[Decided]):
    """The endpoint answers with one of the labels. Any other answer is unusable, and counts as wrong."""

    name: ClassVar[str] = "labels"
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

    def baseline(self, learned: Sequence[str]) -> str:
        """The commonest label of the training rows."""
        counts = Counter(learned)
        return max(sorted(counts), key=counts.__getitem__)

    def against_baseline(self, challenger: Decided, baseline: Decided) -> Check:
        wins = int((challenger.right & ~baseline.right).sum())
        losses = int((baseline.right & ~challenger.right).sum())
        chance = win_p_value(wins, losses)
        passed = chance < 1 - CONFIDENCE
        better = "clearly better" if passed else "not clearly better"
        always = baseline.labels[baseline.values[0]]
        return Check(
            name="beats the baseline",
            outcome=better_than_nothing(surely=passed, value=wins - losses, rows=len(challenger)),
            look_at=TOO_FEW_ROWS,
            plain=f"it is {better} than always answering {always!r}: "
            f"it wins {wins} of the test rows and loses {losses}",
            sentence=f"against always answering {always}: {wins} rows won, {losses} lost "
            f"(p = {chance:.2g}, must be below {1 - CONFIDENCE:.2f})",
        )

    def untested(self, challenger: Decided) -> Check | None:
        return decided.untested(challenger)

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        return labels_alike(champion, challenger)

    def part(self, pair: Pair[Decided], evidence: Evidence) -> dict[str, Any]:
        return decided.part(pair, evidence)

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        return decided.section(report)
