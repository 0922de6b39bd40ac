"""Unusable answers: text instead of a number, NaN, an empty answer, an unknown label, a container's error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.answers.kind import Answered, AnswerKind
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair

SHOWN = 200


def check_answers(evidence: Evidence, pair: Pair[Answered], kind: AnswerKind[Any]) -> list[Check]:
    """REJECT if the challenger gives any; HOLD if the champion does, or is gone: then beating it proves nothing."""
    checks = [_challenger(evidence, pair.challenger, kind)]
    if evidence.champion_missing:
        look = (
            "PROD's endpoint and its stack. There is no champion to compare with: all you have is what the new model "
            "shows for itself."
        )
        said = f"the champion cannot be asked: {evidence.champion_missing}"
        checks.append(Check(name="champion", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look))
    elif evidence.champion is not None and pair.champion.unusable.any():
        said = f"the champion gave {_fault(evidence, evidence.champion, pair.champion, kind)}"
        look = "PROD's endpoint and its log: the champion fails for rows of the test set."
        checks.append(Check(name="champion", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look))
    return checks


def _challenger(evidence: Evidence, read: Answered, kind: AnswerKind[Any]) -> Check:
    if read.unusable.any():
        said = f"the new model gave {_fault(evidence, evidence.answers, read, kind)}"
        return Check(name="answers", outcome=Verdict.REJECT, plain=said, sentence=said)
    said = f"all {len(read)} answers are {kind.many}"
    return Check(name="answers", outcome=Verdict.PROMOTE, plain=said, sentence=said)


def _fault(evidence: Evidence, answers: Sequence[str], read: Answered, kind: AnswerKind[Any]) -> str:
    """How many there are, and the first one: the number of its row, the request, and the answer."""
    places = np.flatnonzero(read.unusable)
    place = int(places[0])
    answer = answers[place]
    shown = repr(_short(answer))
    fault = "an empty answer" if not answer else f"an {answer[:SHOWN]}" if answer.startswith("error ") else shown
    return (
        f"no usable answer to {len(places)} of {len(read)} test rows: "
        f"to test row {place + 1} ({_short(evidence.requests[place])}) it gave {fault}, which is not {kind.one}"
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
