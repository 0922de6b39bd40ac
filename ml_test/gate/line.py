"""The line between the gate and an endpoint: it is not the model, so what it broke is never the model's fault.

A row that one of the two endpoints did not answer is left out for both. Which rows are missing is not chance, so what
the others show is reported, but stops nobody: the verdict is HOLD. Only an unusable answer still rejects.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handover.invocations import NoAnswer
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ml_test.gate.evidence import Evidence

#: Checks of answers that came: they hold whatever did not come.
OF_ANSWERS = ("answers", "repeats")
CAUSES_SHOWN, CAUSE_SHOWN = 3, 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What one endpoint's rows went through before they were answered.

    asked_again: for each row that was answered after a fault of the line, that fault.
    overloaded: for each row that was answered after the container had said that it could not, what it had said.
    delayed_milliseconds: the times of timed rows that were answered only when they were asked again, from the first
    asking to the answer.
    """

    asked_again: tuple[str, ...] = ()
    overloaded: tuple[str, ...] = ()
    delayed_milliseconds: tuple[float, ...] = ()


def check_lines(evidence: Evidence) -> list[Check]:
    """HOLD for rows without an answer, or with one after the container's refusal; no check if all went well."""
    return [
        *_check(evidence.answers, evidence.line, name="endpoint", endpoint="QA's endpoint"),
        *_check(
            evidence.champion or (), evidence.champion_line, name="champion's endpoint", endpoint="PROD's endpoint"
        ),
        *_check(evidence.smoke, Line(), name="smoke requests", endpoint="QA's endpoint", what="smoke requests"),
    ]


def causes(answers: Sequence[str]) -> list[str]:
    """The cause for each answer that never came."""
    return [str(answer) for answer in answers if isinstance(answer, NoAnswer)]


def _check(answers: Sequence[str], line: Line, *, name: str, endpoint: str, what: str = "rows") -> list[Check]:
    if unanswered := causes(answers):
        said = f"{endpoint} did not answer {_of(unanswered, len(answers), what)}"
        look = f"{endpoint}, its log and its metrics. Its rows were asked again where that could help."
        return [Check(name=name, outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)]
    if line.overloaded:
        said = f"{endpoint} answered {_of(line.overloaded, len(answers), what, ' with ')}; asked again, it answered"
        look = f"{endpoint}, its log and its metrics: is its instance large enough for the gate's load?"
        return [Check(name=name, outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)]
    if line.asked_again:
        said = f"{endpoint} did not answer {_of(line.asked_again, len(answers), what)}; asked again, it answered"
        return [Check(name=name, outcome=Verdict.PROMOTE, plain=said, sentence=said)]
    return []


def at_most_held(checks: Iterable[Check]) -> list[Check]:
    """The checks, where none of those rejects that rest on the rows that happened to be answered."""
    return [
        _held(check) if check.outcome is Verdict.REJECT and check.name not in OF_ANSWERS else check for check in checks
    ]


def _held(check: Check) -> Check:
    look = f"The {check.name}: it would reject the model if the missing rows were like the others."
    return replace(check, outcome=Verdict.HOLD, look_at=look)


def _of(faults: Sequence[str], asked: int, what: str, link: str = ": ") -> str:
    """``12 of 240 rows: ReadTimeoutError: …``, with the number of rows where there are several causes."""
    counted = Counter(faults).most_common()
    shown = [
        f"{cause[:CAUSE_SHOWN]}{f' ({rows} of them)' if len(counted) > 1 else ''}"
        for cause, rows in counted[:CAUSES_SHOWN]
    ]
    more = f"; and {len(counted) - CAUSES_SHOWN} more causes" if len(counted) > CAUSES_SHOWN else ""
    return f"{len(faults)} of {asked} {what}{link}{'; '.join(shown)}{more}"
