"""Holds the challenger's p99 against a budget, and against the champion's p99 under the same load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr

from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.rules import Latency

LEVEL = 0.99


@dataclass(frozen=True, kw_only=True, slots=True)
class P99:
    """In milliseconds. The ends of its 95 % interval are two of the measured values, so any distribution will do."""

    value: float
    low: float
    high: float


def p99(milliseconds: Sequence[float]) -> P99:
    """The measured p99. How many of n values lie below the true one is binomial; its interval follows from that.

    With fewer than 368 values even the greatest may lie below the true p99. ``high`` is then the greatest value.
    """
    ordered = np.sort(np.asarray(milliseconds, dtype=float))
    count, tail = len(ordered), (1 - CONFIDENCE) / 2
    at_most = bdtr(np.arange(count + 1), count, LEVEL)
    low = int(np.searchsorted(at_most, tail, side="right"))
    high = int(np.searchsorted(at_most, 1 - tail, side="left"))
    value = float(np.quantile(ordered, LEVEL))
    lower, upper = float(ordered[max(low - 1, 0)]), float(ordered[min(high, count - 1)])
    return P99(value=value, low=min(lower, value), high=max(upper, value))


def judge(
    challenger: Sequence[float], champion: Sequence[float], rule: Latency, *, delayed: Sequence[float] = ()
) -> list[Check]:
    """REJECT if the whole interval is over a limit, HOLD if only the measured p99 is. No check without times.

    challenger, champion: in milliseconds; empty without a champion. delayed: the challenger's rows that were answered
    only when they were asked again. They count with their whole time, but the line may have taken it: with them, an
    endpoint can only be held. The champion's do not count: they would raise the limit.
    """
    if not len(challenger) and not len(delayed):
        return []
    found = Measured(
        whole=p99([*challenger, *delayed]), sure=p99(challenger) if len(challenger) else None, delayed=len(delayed)
    )
    checks = [_check("latency", found, rule.p99_milliseconds, rule.p99_milliseconds, "the budget")]
    if len(champion):
        theirs = p99(champion)
        slow = f"{rule.p99_ratio:g} times the champion's {theirs.value:.0f} ms"
        if rule.slack_milliseconds:
            slow += f", or {rule.slack_milliseconds:g} ms more than it"
        limit, sure_limit = rule.beside(theirs.value), rule.beside(theirs.high)
        checks.append(_check("latency against the champion", found, limit, sure_limit, slow))
    return checks


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """whole: of all rows. sure: of those that were answered at once; None if there are none."""

    whole: P99
    sure: P99 | None
    delayed: int


def _check(name: str, found: Measured, limit: float, sure_limit: float, against: str) -> Check:
    measured = found.whole
    said = f"latency p99 {measured.value:.1f} ms (95 % interval {measured.low:.1f} to {measured.high:.1f})"
    if found.delayed:
        said += f", with {found.delayed} that were asked again,"
    if measured.value <= limit:
        plain = f"99 of 100 requests took at most {measured.value:.0f} ms, and {limit:.0f} ms are allowed ({against})"
        sentence = f"{said} is within {against}, {limit:.1f} ms"
        return Check(name=name, outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    sentence = f"{said} is over {against}, {limit:.1f} ms"
    took = f"99 of 100 requests took up to {measured.value:.0f} ms"
    plain = f"it is too slow: {took}, and {limit:.0f} ms are allowed ({against})"
    if found.sure is not None and found.sure.low > sure_limit:
        return Check(name=name, outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    why = "requests that had to be asked again" if found.delayed else "so few slow requests"
    return Check(
        name=name,
        outcome=Verdict.HOLD,
        plain=f"{plain}; with {why}, that may be chance",
        sentence=sentence,
        look_at="The latencies below: are all requests slower, or only a few? If a few are, try again at a quiet time.",
    )
