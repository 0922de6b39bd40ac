"""Sends the test rows to the endpoints: what is timed, what is measured again, and what went wrong on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handover.invocations import NoAnswer
from ml_steps.running import say
from ml_test.gate.chance import chance_of
from ml_test.gate.importance import Dealt, deal
from ml_test.gate.latency import judge as judge_latency
from ml_test.gate.line import Line
from ml_test.gate.repeats import Differing, Repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_steps.endpoint import Answer, Asker
    from ml_test.gate.rules import Latency, Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A model's answers to all test rows; ``NoAnswer`` for a row that the line kept from it.

    milliseconds: of the rows that were sent one at a time and answered at once. line: how the endpoint was reached.
    repeated: the rows with more than one answer; None if none was to be asked again.
    """

    answers: Sequence[str]
    milliseconds: Sequence[float]
    line: Line = field(default_factory=Line)
    repeated: Repeated | None = None


def ask_all(asker: Asker, endpoints: Sequence[str], requests: Sequence[str], rules: Rules) -> list[Asked]:
    """Each endpoint's answers. The first rows go to all endpoints in turn and are timed; the others go in parallel.

    At the end, some are asked again in another order. All answers to the same row are compared.
    """
    load = rules.load
    timed_ones = len(requests) if load.one_at_a_time is None else load.one_at_a_time
    warm_up = asker.ask_in_turn(endpoints, requests[: load.warm_up])
    looks = [asker.ask_in_turn(endpoints, requests[:timed_ones])]
    while requests and len(looks) < load.looks and not _quick_enough(_timed(looks), rules.latency):
        say(f"  the times of look {len(looks)} would not pass: measured again, and judged together")
        looks.append(asker.ask_in_turn(endpoints, requests[:timed_ones]))
    rest = [asker.ask_at_once(endpoint, requests[timed_ones:], connections=load.connections) for endpoint in endpoints]
    places = places_to_repeat(requests, load.repeats)
    again = asker.ask_in_turn(endpoints, [requests[place] for place in places])
    found = []
    for endpoint, timed in enumerate(_timed(looks)):
        answers = [*looks[0][endpoint], *rest[endpoint]]
        others = [*enumerate(warm_up[endpoint]), *zip(places, again[endpoint], strict=True)]
        others += [pair for look in looks[1:] for pair in enumerate(look[endpoint])]
        found.append(
            Asked(
                answers=[answer.text for answer in answers],
                milliseconds=_at_once(timed),
                line=_line(answers, timed),
                repeated=_repeated(requests, answers, others) if load.repeats else None,
            )
        )
    return found


def ask_dealt(
    asker: Asker, endpoint: str, requests: Sequence[str], columns: Sequence[str], rules: Rules
) -> tuple[Dealt, ...]:
    """The endpoint's answers to rows in which the values of one column were dealt out anew, for each column."""
    dealt = deal(requests, columns, rules)
    rows = [request for each in dealt for request in each.requests]
    answers = iter(asker.ask_at_once(endpoint, rows, connections=rules.load.connections))
    return tuple(replace(each, answers=tuple(next(answers).text for _ in each.requests)) for each in dealt)


def places_to_repeat(requests: Sequence[str], count: int) -> list[int]:
    """The places of so many rows, at random."""
    return chance_of(requests).sample(range(len(requests)), min(count, len(requests)))


def _repeated(requests: Sequence[str], answers: Sequence[Answer], others: Sequence[tuple[int, Answer]]) -> Repeated:
    """Compares the other answers, each with its row's place, with those that are judged. What never came is none."""
    compared: set[int] = set()
    differing: dict[tuple[int, str], Differing] = {}
    for place, other in others:
        texts = (answers[place].text, other.text)
        if any(isinstance(text, NoAnswer) for text in texts):
            continue
        compared.add(place)
        if texts[0] != texts[1]:
            differing[place, texts[1]] = Differing(
                place=place, request=requests[place], answer=texts[0], other=texts[1]
            )
    return Repeated(rows=len(compared), differing=tuple(differing[key] for key in sorted(differing)))


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
