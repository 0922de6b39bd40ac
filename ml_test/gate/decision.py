"""The verdict: the challenger against the champion, its floors, each group of rows, and its latency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_test.gate import floors, latency, slices, wear
from ml_test.gate.comparison import against_champion
from ml_test.gate.gains import Gain, Pair, gains
from ml_test.gate.unusable import check_answers
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

# What speaks most plainly comes first in a reason: against a model, and for it.
ORDER_AGAINST = ("answers", "champion", "beats the baseline", "comparison")
ORDER_FOR = ("comparison", "beats the baseline")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The checks and all that they rest on.

    pair: the answers as they were read; the baseline's where there is no champion.
    gains: in the metric that decides, then in those that are shown.
    """

    checks: tuple[Check, ...]
    pair: Pair[Any]
    gains: tuple[Gain, ...]
    slices: slices.Slices
    confidence: float

    @property
    def verdict(self) -> Verdict:
        return Verdict.of(self.checks)

    @property
    def decisive(self) -> list[Check]:
        """The checks that made the verdict, the plainest first."""
        made = [check for check in self.checks if check.outcome is self.verdict]
        order = ORDER_FOR if self.verdict is Verdict.PROMOTE else ORDER_AGAINST
        return sorted(made, key=lambda check: order.index(check.name) if check.name in order else len(order))

    @property
    def reason(self) -> str:
        """The one sentence why, for someone who knows no statistics."""
        first, *others = self.decisive
        said = first.plain[:1].upper() + first.plain[1:]
        if self.verdict is Verdict.PROMOTE:
            return f"{said}, and it passed all the other checks"
        if others:
            said += f" (and {len(others)} more {'checks' if len(others) > 1 else 'check'}: "
            said += ", ".join(check.name for check in others) + ")"
        return said

    @property
    def details(self) -> str:
        """The sentences with figures of what was not passed; for a promotion, of all."""
        return "; ".join(check.sentence for check in self.decisive)

    @property
    def look_at(self) -> list[str]:
        """For a HOLD: what a person should look at."""
        return list(dict.fromkeys(check.look_at for check in self.checks if check.outcome is Verdict.HOLD))


def decide(evidence: Evidence, rules: Rules) -> Decision:
    """Judge the evidence by the rules. ValueError for test rows that cannot be judged by them."""
    kind = rules.answers
    confidence = wear.confidence(evidence.earlier_decisions)
    challenger, champion, baseline = (
        kind.read(answers, evidence.truth, evidence.labels)
        for answers in (evidence.answers, evidence.champion_answers, evidence.baseline_answers)
    )
    pair = Pair(champion=champion, challenger=challenger)
    compared = gains(pair, rules.compared, confidence=confidence, seed=evidence.seed)
    has_champion = evidence.champion is not None
    checks = [*check_answers(evidence, pair, kind), *floors.judge(challenger, rules, evidence.seed)]
    if (beaten := kind.against_baseline(challenger, baseline)) is not None:
        checks.append(beaten)
    if has_champion:
        checks.append(against_champion(rules.compared[0], compared[0], rules.comparison.margin))
    parts = slices.Slices()
    if rules.slices is not None:
        metric = rules.group_metric(rules.slices)
        parts = slices.compare(evidence.slices, pair, metric, confidence, seed=evidence.seed)
        checks += slices.judge(parts.judged, metric, rules.slices, compared=has_champion)
    theirs = latency.p99(evidence.champion_milliseconds) if has_champion else None
    checks += latency.judge(latency.p99(evidence.milliseconds), theirs, rules.latency)
    return Decision(checks=tuple(checks), pair=pair, gains=tuple(compared), slices=parts, confidence=confidence)
