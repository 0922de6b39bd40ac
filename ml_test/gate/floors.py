"""Holds the challenger's own figures against floors and ceilings (docs/decisions/0007-splits-and-floors.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from ml_test.gate.answers.kind import Answered
    from ml_test.gate.intervals import Estimate
    from ml_test.gate.metrics.metric import Metric
    from ml_test.gate.rules import Rules


def judge(challenger: Answered, rules: Rules, seed: int) -> list[Check]:
    """A check for each floor and ceiling, or a single HOLD if the test rows do not allow to judge them."""
    if untested := rules.answers.untested(challenger):
        return [untested]
    return [
        _check(metric, name, found, limit)
        for metric, limit in rules.limits
        for name, found in metric.figures(challenger, seed=seed).items()
    ]


def _check(metric: Metric[Any], name: str, found: Estimate, limit: float) -> Check:
    """The lower bound must reach a floor; the upper bound must not exceed a ceiling."""
    way = metric.direction
    bound = found.low if way.sign > 0 else found.high
    outcome = Verdict.from_bounds(low=way.sign * bound, value=way.sign * found.value, floor=way.sign * limit)
    relation = way.kept if outcome is Verdict.PROMOTE else way.broken
    required = f"{way.required} {metric.unit.figure(limit)}"
    return Check(
        name=name,
        outcome=outcome,
        plain=_plain(f"its {name} is {metric.unit.figure(found.value)}", found, outcome, required),
        sentence=f"{_measured(name, found)}: the {way.bound} is {relation} the {way.limit} {limit:.4f}",
        look_at=f"The answers behind the {name}: its interval, {metric.unit.figure(found.low)} to "
        f"{metric.unit.figure(found.high)}, holds the {way.limit}, {metric.unit.figure(limit)}. More than "
        f"{found.rows:,} test rows would narrow it.",
        estimate=found,
        floor=limit,
        ceiling=way.sign < 0,
    )


def _measured(name: str, found: Estimate) -> str:
    return f"{name} {found.value:.4f} (95 % interval {found.low:.4f} to {found.high:.4f}, {found.rows} rows)"


def _plain(said: str, found: Estimate, outcome: Verdict, required: str) -> str:
    if outcome is Verdict.REJECT:
        return f"{said}, but {required} is required"
    if outcome is Verdict.HOLD:
        return f"{said}, but {found.rows} test rows are too few to be sure of {required}"
    return f"{said}, and certainly {required}"
