"""Puts all checks together to a verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ml_test.gate import floors, latency, learning, popularity, slices, wear
from ml_test.gate.comparison import against_champion
from ml_test.gate.gains import Gain, Pair, gains
from ml_test.gate.line import at_most_held, check_lines
from ml_test.gate.repeats import check_repeats
from ml_test.gate.unusable import check_answers
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from ml_test.gate.answers.kind import AnswerKind
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

# The checks that say most come first in a reason: for a model that is stopped, and for one that passes.
ORDER_AGAINST = (
    *("rules", "agreed rules", "answers", "repeats", "endpoint", "champion's endpoint", "champion"),
    *("champion's repeats", learning.CHALLENGER, learning.COMPARABLE, learning.CHAMPIONS_ROWS),
    *("beats the baseline", popularity.NAME, "comparison"),
)
ORDER_FOR = ("comparison", popularity.NAME, "beats the baseline")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The checks, and everything that they are based on.

    judged: the evidence of the rows that both endpoints answered, and that the challenger has not learned.
    pair: the answers to those rows as numbers; the baseline's if there is no champion.
    gains: the one in the metric that decides, then those that are only shown; empty if nothing can be compared.
    left_out: which test rows are left out because a model has learned them; empty if none is.
    uncompared: why the rows that are new to both models do not allow a comparison; empty if they do.
    """

    checks: tuple[Check, ...]
    judged: Evidence
    pair: Pair[Any]
    gains: tuple[Gain, ...]
    slices: slices.Slices
    confidence: float
    left_out: str = ""
    uncompared: str = ""

    @property
    def verdict(self) -> Verdict:
        return Verdict.of(self.checks)

    @property
    def decisive(self) -> list[Check]:
        """The checks that made the verdict, the most important one first."""
        made = [check for check in self.checks if check.outcome is self.verdict]
        order = ORDER_FOR if self.verdict is Verdict.PROMOTE else ORDER_AGAINST
        return sorted(made, key=lambda check: order.index(check.name) if check.name in order else len(order))

    @property
    def reason(self) -> str:
        """Why, in one sentence for a reader who knows no statistics, with the number of rows that are left out."""
        said = self._why
        return f"{said}; {self.left_out}" if self.left_out and self.left_out not in said else said

    @property
    def _why(self) -> str:
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
        """The figures of the checks that made the verdict."""
        return "; ".join(check.sentence for check in self.decisive)

    @property
    def look_at(self) -> list[str]:
        """What a person should look at if the verdict is HOLD."""
        return list(dict.fromkeys(check.look_at for check in self.checks if check.outcome is Verdict.HOLD))


def decide(evidence: Evidence, rules: Rules) -> Decision:
    """Judge the evidence by the rules. ValueError if the rules do not fit the test rows."""
    if not evidence.requests:
        raise ValueError("there are no test rows, so nothing can be judged")
    new = evidence.where(~evidence.learned) if evidence.learned.any() else evidence
    unanswered = new.unanswered
    judged = new.where(~unanswered) if unanswered.any() else new
    found = _judge(judged, rules, all_rows=judged is evidence)
    checks = [*(found.checks if judged is new else at_most_held(found.checks)), *check_repeats(evidence, rules)]
    about = evidence.learning
    if about is None:
        return replace(found, checks=(*checks, *check_lines(evidence)))
    allowed = rules.comparison.gone_share_allowed
    known = learning.check(about, evidence.rows, gone_allowed=allowed, uncompared=found.uncompared)
    left_out = about.left_out(evidence.rows)
    return replace(found, checks=(*checks, *known, *check_lines(evidence)), left_out=left_out)


def _judge(evidence: Evidence, rules: Rules, *, all_rows: bool) -> Decision:
    """The decision on rows that both endpoints answered, and the challenger has not learned. all_rows: none is missing.

    The models are compared on those of them that the champion has not learned either.
    """
    kind, readers = rules.answers, evidence.readers
    confidence = wear.confidence(evidence.earlier_decisions)
    challenger, champion, baseline = (
        evidence.read(kind, answers, reader)
        for reader, answers in (
            (readers.challenger, evidence.answers),
            (readers.baseline if evidence.champion is None else readers.champion, evidence.champion_answers),
            (readers.baseline, evidence.baseline_answers),
        )
    )
    pair = Pair(champion=champion, challenger=challenger)
    checks = check_answers(evidence, pair, kind) if len(challenger) else []
    parts = slices.Slices()
    if not all_rows and (not len(challenger) or kind.untested(challenger)):
        # The few rows that are left have no figures.
        return Decision(checks=tuple(checks), judged=evidence, pair=pair, gains=(), slices=parts, confidence=confidence)
    mask = evidence.comparable
    uncompared = "" if mask.all() else _uncompared(pair.where(mask), kind)
    both = pair if mask.all() else pair.where(mask)
    compared = [] if uncompared else gains(both, rules.compared, confidence=confidence, seed=evidence.seed)
    has_champion = evidence.champion is not None
    checks += floors.judge(challenger, rules, evidence.seed)
    if (beaten := kind.against_baseline(challenger, baseline)) is not None:
        checks.append(beaten)
    if (rule := rules.popularity) is not None:
        known = evidence.read(kind, evidence.popularity)
        metric = rules.popularity_metric(rule)
        checks.append(popularity.judge(challenger, known, metric, column=rule.column, seed=evidence.seed))
    if has_champion and compared:
        margin = rules.comparison.margin
        checks.append(against_champion(rules.compared[0], compared[0], margin, differing=both.differing))
    if rules.slices is not None:
        metric = rules.group_metric(rules.slices)
        parts = slices.compare(evidence.slices, pair, metric, confidence, seed=evidence.seed, comparable=mask)
        checks += slices.judge(parts.judged, metric, rules.slices, compared=has_champion)
    checks += latency.judge(
        evidence.milliseconds,
        evidence.champion_milliseconds,
        rules.latency,
        delayed=evidence.line.delayed_milliseconds,
    )
    return Decision(
        checks=tuple(checks),
        judged=evidence,
        pair=pair,
        gains=tuple(compared),
        slices=parts,
        confidence=confidence,
        uncompared=uncompared,
    )


def _uncompared(both: Pair[Any], kind: AnswerKind[Any]) -> str:
    """Why these rows, which are new to both models, have no figures to compare; empty if they have."""
    if not len(both.challenger):
        return "there are none"
    lacking = kind.untested(both.challenger)
    return lacking.plain.partition(",")[0] if lacking else ""
