"""Answers that are none: text where a number should be, NaN, nothing, labels that nobody knows, a container's error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.evidence import Evidence

SHOWN = 200


def check_answers(evidence: Evidence) -> list[Check]:
    """REJECT where the challenger gives any; HOLD where the champion does, or is gone: to beat it is no proof."""
    kind = "known label" if evidence.positive is None else "probability"
    checks = [_challenger(evidence, kind)]
    if evidence.champion_missing:
        look = "PROD's endpoint and its stack. Without a champion to compare with, you decide by the floors alone."
        said = f"the champion cannot be asked: {evidence.champion_missing}"
        checks.append(Check(name="champion", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look))
    elif evidence.champion is not None:
        places = _unusable(evidence, evidence.champion)
        if places:
            said = (
                f"the champion gave {_count(places, evidence)}: {_first(evidence, evidence.champion, places[0], kind)}"
            )
            look = "PROD's endpoint and its log: the champion fails on rows of the test set."
            checks.append(Check(name="champion", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look))
    return checks


def _challenger(evidence: Evidence, kind: str) -> Check:
    places = _unusable(evidence, evidence.answers)
    if not places:
        plural = "known labels" if evidence.positive is None else "probabilities"
        said = f"all {len(evidence.truth)} answers are {plural}"
        return Check(name="answers", outcome=Verdict.PROMOTE, plain=said, sentence=said)
    said = f"the new model gave {_count(places, evidence)}: {_first(evidence, evidence.answers, places[0], kind)}"
    return Check(name="answers", outcome=Verdict.REJECT, plain=said, sentence=said)


def _unusable(evidence: Evidence, answers: Sequence[str]) -> list[int]:
    return [place for place, answer in enumerate(answers) if not evidence.usable(answer)]


def _count(places: Sequence[int], evidence: Evidence) -> str:
    return f"no usable answer to {len(places)} of {len(evidence.truth)} test rows"


def _first(evidence: Evidence, answers: Sequence[str], place: int, kind: str) -> str:
    """The first one, to be found again: which row, what was sent, what came."""
    answer = answers[place]
    shown = repr(answer if len(answer) <= SHOWN else f"{answer[:SHOWN]}…")
    fault = "an empty answer" if not answer else f"an {answer[:SHOWN]}" if answer.startswith("error ") else shown
    return f"to test row {place + 1} ({evidence.requests[place]}) it gave {fault}, which is no {kind}"
