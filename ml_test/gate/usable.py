"""Answers that are none: text where a number should be, NaN, labels that nobody knows, a container's error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_test.gate.evidence import probability
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Costs


def check_answers(evidence: Evidence) -> list[Check]:
    """REJECT where the challenger gives any; HOLD where the champion does, as beating it then proves little."""
    kind = "labels" if evidence.positive is None else "probabilities"
    checks = [_challenger(evidence.unusable(evidence.answers), len(evidence.truth), kind)]
    if evidence.champion is not None:
        useless = evidence.unusable(evidence.champion)
        if useless:
            count = f"{len(useless)} of the champion's {len(evidence.champion)} answers"
            said = f"{count} are no {kind}, such as {useless[0]!r}"
            look = "PROD's endpoint and its log: the champion fails on rows of the test set."
            checks.append(
                Check(name="champion's answers", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)
            )
    return checks


def decided(evidence: Evidence, answers: Sequence[str], costs: Costs) -> list[str]:
    """The answers as labels: a probability is decided at the threshold where both mistakes cost the same."""
    if evidence.positive is None:
        return list(answers)
    negative = next(label for label in evidence.labels if label != evidence.positive)
    read = [(answer, probability(answer)) for answer in answers]
    return [
        answer if value is None else evidence.positive if value >= costs.threshold else negative
        for answer, value in read
    ]


def _challenger(useless: Sequence[str], rows: int, kind: str) -> Check:
    if not useless:
        said = f"all {rows} answers are {kind}"
        return Check(name="answers", outcome=Verdict.PROMOTE, plain=said, sentence=said)
    said = f"{len(useless)} of {rows} answers are no {kind}, such as {useless[0]!r}"
    return Check(name="answers", outcome=Verdict.REJECT, plain=said, sentence=said)
