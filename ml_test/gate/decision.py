"""The verdict: the challenger against the champion, its floors, each slice, its calibration and its latency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_test.gate import floors, latency, wear
from ml_test.gate import slices as slicing
from ml_test.gate.comparison import against_baseline, against_champion
from ml_test.gate.metrics import confusion_matrix
from ml_test.gate.paired import Gain, Rows, gain, paired_figure
from ml_test.gate.resampling import Bootstrap
from ml_test.gate.usable import check_answers, decided
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.intervals import Estimate
    from ml_test.gate.latency import P99
    from ml_test.gate.rules import Rules

# What speaks most plainly comes first in a reason: against a model, and for it.
ORDER_AGAINST = ("answers", "beats the majority baseline", "comparison")
ORDER_FOR = ("comparison", "beats the majority baseline")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The checks and all that they rest on. ``champion`` names whom the challenger was compared with."""

    checks: tuple[Check, ...]
    matrix: NDArray[np.int64]
    gain: Gain
    slices: tuple[slicing.Slice, ...]
    too_small_slices: tuple[str, ...]
    estimates: dict[str, Estimate]
    p99: P99
    champion_p99: P99 | None
    confidence: float
    champion: str

    @property
    def verdict(self) -> Verdict:
        """REJECT if any check says so; else HOLD if any does."""
        outcomes = {check.outcome for check in self.checks}
        return next((worst for worst in (Verdict.REJECT, Verdict.HOLD) if worst in outcomes), Verdict.PROMOTE)

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
    """Judge the evidence by the rules."""
    confidence = wear.confidence(evidence.earlier_decisions)
    rows, columns = paired_rows(evidence, rules)
    groups = slicing.Slices(rows, columns, rules.comparison, confidence)
    own = floors.wanted(rows, rules)
    bootstrap = Bootstrap(rows.strata, seed=evidence.seed)
    if rules.comparison.metric != "accuracy":
        bootstrap.want("gain", paired_figure(rules.comparison.metric, rows), confidence=confidence)
    groups.want(bootstrap)
    floors.want(bootstrap, own)
    bounds = bootstrap.bounds()
    compared = gain(rules.comparison.metric, rows, confidence=confidence, bounds=bounds.get("gain"))
    matrix = confusion_matrix(evidence.truth, decided(evidence, evidence.answers, rules.costs), evidence.labels)
    measured = floors.estimates(own, bounds, len(evidence.truth))
    parts = tuple(groups.compared(bounds))
    ours = latency.p99(evidence.milliseconds)
    theirs = None if evidence.first_release else latency.p99(evidence.champion_milliseconds)
    checks = [*check_answers(evidence), *floors.judge(matrix, evidence.labels, measured, rules, evidence.seed)]
    checks.append(against_baseline(evidence, rows))
    if not evidence.first_release:
        checks += [
            against_champion(compared, rules.comparison.margin),
            slicing.judge(parts, rules.comparison.slice_margin),
        ]
    return Decision(
        checks=(*checks, *latency.judge(ours, theirs, rules.latency)),
        matrix=matrix,
        gain=compared,
        slices=parts,
        too_small_slices=tuple(groups.too_small),
        estimates=measured,
        p99=ours,
        champion_p99=theirs,
        confidence=confidence,
        champion="the baseline" if evidence.first_release else "the champion",
    )


def paired_rows(evidence: Evidence, rules: Rules) -> tuple[Rows, dict[str, list[str]]]:
    """Both models' answers as numbers, and the slices' columns, ordered by true label as the bootstrap needs them."""
    scored = evidence.positive is not None
    read = evidence.probabilities if scored else evidence.answer_codes
    rows = Rows(
        truth=evidence.truth_codes,
        champion=read(evidence.champion_answers),
        challenger=read(evidence.answers),
        labels=len(evidence.labels),
        threshold=rules.costs.threshold if scored else None,
    )
    order = rows.order()
    columns = {name: [evidence.slices[name][place] for place in order] for name in rules.comparison.slices}
    return rows.where(order), columns
