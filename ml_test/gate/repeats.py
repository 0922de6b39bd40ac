"""Answers, not only times: a model that answers one row in two ways has no figures, whichever way was judged.

Some rows are asked again after all others, in another order. What differs, or hangs on the order or on what was asked
before, is no matter of evidence: more rows would not settle it, and PROD's callers would get either answer. So it
rejects the challenger. A kind of answers that varies by nature states by how much it may: ``tolerance`` in [answers],
``differing`` in [load].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.answers.kind import AnswerKind
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Load, Rules

SHOWN, ANSWER_SHOWN = 3, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Differing:
    """A test row (its place, from 0 on) with the answer that was judged, and another one to the same request."""

    place: int
    request: str
    answer: str
    other: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeated:
    """rows: how many rows have two answers or more. differing: every other text that one of them was answered with."""

    rows: int
    differing: tuple[Differing, ...] = ()


def check_repeats(evidence: Evidence, rules: Rules) -> list[Check]:
    """REJECT for the challenger's differing answers, HOLD for the champion's; no check of what was not repeated."""
    kind, load = rules.answers, rules.load
    found = []
    if evidence.repeated is not None and not evidence.unanswered.all():
        found.append(_challenger(evidence.repeated, kind, load))
    if evidence.champion_repeated is not None and (
        differing := _too_many(evidence.champion_repeated, kind, load.differing)
    ):
        said = f"the champion {_said(differing, evidence.champion_repeated)}"
        look = "PROD's endpoint: it answers the same row in two ways, so nothing can be compared with it."
        found.append(Check(name="champion's repeats", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look))
    return found


def differing_rows(repeated: Repeated | None, kind: AnswerKind[Any]) -> list[Differing]:
    """Each row that was answered in two ways, and not alike within the kind's tolerance: once."""
    found: dict[int, Differing] = {}
    for row in repeated.differing if repeated else ():
        if not kind.alike_enough(row.answer, row.other):
            found.setdefault(row.place, row)
    return list(found.values())


def _challenger(repeated: Repeated, kind: AnswerKind[Any], load: Load) -> Check:
    if not repeated.rows:
        said = "no row could be asked a second time, so nobody knows whether it answers the same again"
        look = "QA's endpoint and its log: why did it not answer?"
        return Check(name="repeats", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)
    if differing := _too_many(repeated, kind, load.differing):
        said = f"it {_said(differing, repeated)}"
        if load.differing:
            said += f"; {percent(load.differing)} of them may differ"
        return Check(name="repeats", outcome=Verdict.REJECT, plain=said, sentence=said)
    within = len(differing_rows(repeated, kind))
    said = f"asked again in another order, it gave the same answers to {repeated.rows - within} of {repeated.rows} rows"
    return Check(name="repeats", outcome=Verdict.PROMOTE, plain=said, sentence=said)


def _too_many(repeated: Repeated, kind: AnswerKind[Any], allowed: float) -> Sequence[Differing]:
    """The rows that differ, if they are more than the allowed share."""
    found = differing_rows(repeated, kind)
    return found if len(found) > allowed * repeated.rows else []


def _said(differing: Sequence[Differing], repeated: Repeated) -> str:
    shown = "; ".join(
        f"test row {row.place + 1} ({row.request}): {_answer(row.answer)} and {_answer(row.other)}"
        for row in differing[:SHOWN]
    )
    more = f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
    return (
        f"answers the same rows differently, {len(differing)} of {repeated.rows} that were asked again: {shown}{more}"
    )


def _answer(answer: str) -> str:
    return repr(answer if len(answer) <= ANSWER_SHOWN else f"{answer[:ANSWER_SHOWN]}…")
