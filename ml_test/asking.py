"""Sends the test rows to the endpoints: what is timed, what is measured again, and what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handover.invocations import NoAnswer
from ml_steps.running import say
from ml_test.gate.latency import judge as judge_latency
from ml_test.gate.line import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_steps.endpoint import Answer, Asker
    from ml_test.gate.rules import Latency, Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A model's answers to all test rows; ``NoAnswer`` for a row that the line kept from it.

    milliseconds: of the rows that were sent one at a time and answered at once. line: how the endpoint was reached.
    """

    answers: Sequence[str]
    milliseconds: Sequence[float]
    line: Line = field(default_factory=Line)


def ask_all(asker: Asker, endpoints: Sequence[str], requests: Sequence[str], rules: Rules) -> list[Asked]:
    """Each endpoint's answers. The first rows go to all endpoints in turn and are timed; the others go in parallel."""
    load = rules.load
    timed_ones = len(requests) if load.one_at_a_time is None else load.one_at_a_time
    asker.ask_in_turn(endpoints, requests[: load.warm_up])
    looks = [asker.ask_in_turn(endpoints, requests[:timed_ones])]
    while requests and len(looks) < load.looks and not _quick_enough(_timed(looks), rules.latency):
        say(f"  the times of look {len(looks)} would not pass: measured again, and judged together")
        looks.append(asker.ask_in_turn(endpoints, requests[:timed_ones]))
    rest = [asker.ask_at_once(endpoint, requests[timed_ones:], connections=load.connections) for endpoint in endpoints]
    return [
        Asked(
            answers=[answer.text for answer in (*before, *after)],
            milliseconds=_at_once(timed),
            line=_line((*before, *after), timed),
        )
        for before, after, timed in zip(looks[0], rest, _timed(looks), strict=True)
    ]


def _line(answers: Sequence[Answer], timed: Sequence[Answer]) -> Line:
    """answers: one for each row. timed: all answers whose time is judged."""
    faults = [answer.faults[-1] for answer in answers if answer.faults and not isinstance(answer.text, NoAnswer)]
    return Line(
        asked_again=tuple(fault.cause for fault in faults if fault.answer is None),
        overloaded=tuple(fault.cause for fault in faults if fault.answer is not None),
        delayed_milliseconds=_delayed(timed),
    )


def _timed(looks: Sequence[Sequence[Sequence[Answer]]]) -> list[list[Answer]]:
    """Each endpoint's answers in all looks. looks: look → endpoint → answer."""
    return [[answer for answers in of_one for answer in answers] for of_one in zip(*looks, strict=True)]


def _at_once(timed: Sequence[Answer]) -> list[float]:
    """The times of the rows that were answered when they were asked for the first time, in milliseconds."""
    return [answer.milliseconds for answer in timed if not answer.faults and not isinstance(answer.text, NoAnswer)]


def _delayed(timed: Sequence[Answer]) -> tuple[float, ...]:
    """The times of those that were answered only when they were asked again: from the first asking to the answer."""
    return tuple(answer.milliseconds for answer in timed if answer.faults and not isinstance(answer.text, NoAnswer))


def _quick_enough(timed: Sequence[Sequence[Answer]], rule: Latency) -> bool:
    """Whether the times would pass. Slow requests of a busy moment do not recur; a slow model stays slow."""
    challenger, *others = timed
    theirs = _at_once(others[0]) if others else []
    return all(
        check.passed for check in judge_latency(_at_once(challenger), theirs, rule, delayed=_delayed(challenger))
    )
