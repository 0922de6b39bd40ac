"""Compares two models that share the real traffic in PROD: may the challenger take over?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ml_test.gate.comparison import against_champion
from ml_test.gate.gains import independent_gain
from ml_test.gate.independent import NEWCOMBE, share_difference
from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from ml_test.gate.answers.kind import Answered, AnswerKind
    from ml_test.gate.rules import Latency, Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What one variant did since the experiment began.

    invocations, errors (5XX), p99_milliseconds: over all its requests.
    answers: those that were captured. judged: (answer, truth) of each request whose truth is known by now.
    """

    package: str
    invocations: int
    errors: int
    p99_milliseconds: float | None
    answers: tuple[str, ...]
    judged: tuple[tuple[str, str], ...] = ()


def compare(champion: Traffic, challenger: Traffic, rules: Rules, *, minimum: int) -> list[Check]:
    """The checks; ``Verdict.of`` makes one verdict of them.

    PROMOTE: the challenger may take over. REJECT: the champion stays. HOLD: go on, or a person decides.
    """
    if min(len(champion.answers), len(challenger.answers)) < minimum:
        said = (
            f"too early: {len(champion.answers)} captured requests of the champion and {len(challenger.answers)} of the"
            f" challenger, and {minimum} of each are needed"
        )
        return [_undecided("requests", said, look_at="Wait for more.")]
    checks = [_truth(champion, challenger, rules), _errors(champion, challenger), _answers(champion, challenger, rules)]
    latency = _latency(champion, challenger, rules.latency)
    return [*checks, latency] if latency else checks


def _undecided(name: str, said: str, *, look_at: str) -> Check:
    """HOLD, because something that the decision needs is missing."""
    return Check(name=name, outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look_at)


def _errors(champion: Traffic, challenger: Traffic) -> Check:
    """REJECT if the challenger certainly fails more often."""
    pairs = [(one.errors, one.invocations) for one in (champion, challenger)]
    if not all(rows for _, rows in pairs):
        said = "CloudWatch has no invocations of one of the two variants"
        return _undecided("errors", said, look_at="The variants' metrics.")
    value, low, high = share_difference(pairs[0], pairs[1])
    more = low > 0
    return Check(
        name="errors",
        outcome=Verdict.REJECT if more else Verdict.PROMOTE,
        plain="it fails more often than the champion" if more else "it does not clearly fail more often",
        sentence=(
            f"5XX: {challenger.errors} of {challenger.invocations} against {champion.errors} of"
            f" {champion.invocations}: {100 * value:+.2f} percentage points ({percent(CONFIDENCE)} interval"
            f" {100 * low:+.2f} to {100 * high:+.2f}; {NEWCOMBE})"
        ),
    )


def _answers(champion: Traffic, challenger: Traffic, rules: Rules) -> Check:
    """For information only: different answers may be better ones, and the two answered different people."""
    probability = rules.answers.alike(champion.answers, challenger.answers)
    differ = probability < 1 - CONFIDENCE
    return Check(
        name="answers",
        outcome=Verdict.PROMOTE,
        plain="overall, the two answer differently"
        if differ
        else "overall, no difference between their answers is seen",
        sentence=f"test for a difference between their answers: p = {probability:.3g}, "
        f"and they differ below {1 - CONFIDENCE:.2f}",
    )


def _truth(champion: Traffic, challenger: Traffic, rules: Rules) -> Check:
    """The gate's comparison, on different requests instead of the same test rows."""
    kind, metric = rules.answers, rules.compared[0]
    if kind.needs_truth and not (champion.judged and challenger.judged):
        said = "the right answers are not known (TRUTHS=…), so nobody can tell which of the two is better"
        return _undecided("truth", said, look_at="The truths, once they are known.")
    found = independent_gain(metric, _read(champion, kind), _read(challenger, kind))
    if found is None:
        said = f"gate.toml compares by {metric.name}, which has no interval for different requests"
        return _undecided("truth", said, look_at="Both variants' answers.")
    check = replace(against_champion(metric, found, rules.comparison.margin), name="truth")
    if check.outcome is not Verdict.HOLD:
        return check
    counted = "requests whose truth is known" if kind.needs_truth else "captured requests"
    said = f"the {found.rows} {counted} are too few to tell which of the two is better"
    return replace(check, plain=said, look_at="More of them would make the difference clearer.")


def _read(traffic: Traffic, kind: AnswerKind[Answered]) -> Answered:
    """The answers whose truth is known; all answers if the kind needs no truth."""
    if not kind.needs_truth:
        return kind.read(traffic.answers, None)
    answers, truth = zip(*traffic.judged, strict=True)
    return kind.read(answers, truth)


def _latency(champion: Traffic, challenger: Traffic, rule: Latency) -> Check | None:
    """HOLD if it is slower than the gate allows. CloudWatch's percentiles have no interval, so it is never a REJECT."""
    if champion.p99_milliseconds is None or challenger.p99_milliseconds is None:
        return None
    limit = rule.beside(champion.p99_milliseconds)
    slow = challenger.p99_milliseconds > limit
    return Check(
        name="latency",
        outcome=Verdict.HOLD if slow else Verdict.PROMOTE,
        plain="it is slower than allowed" if slow else "it is not slower than allowed",
        sentence=(
            f"p99 {challenger.p99_milliseconds:.1f} ms against {champion.p99_milliseconds:.1f} ms, at most"
            f" {limit:.1f} ms ({rule.p99_ratio:g} times, or {rule.slack_milliseconds:g} ms more)"
        ),
        look_at="The latency of both variants in CloudWatch." if slow else "",
    )
