"""Compares the challenger with the champion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from ml_test.gate.gains import Gain
    from ml_test.gate.metrics.metric import Metric


def against_champion(metric: Metric[Any], gain: Gain, margin: float, *, differing: int | None = None) -> Check:
    """PROMOTE if it is certainly not worse by the margin; REJECT if it is certainly worse, and maybe by the margin.

    differing: how many rows the two answer differently; None if they answered other rows.
    """
    unit = metric.unit
    both = f"{metric.called} {unit.figure(gain.challenger)} against the champion's {unit.figure(gain.champion)}"
    allowed = unit.amount(margin)
    at_worst = unit.amount(max(-gain.low, 0.0))
    look = ""
    if gain.low > 0:
        outcome, plain = Verdict.PROMOTE, f"it is better than the champion ({both}), by more than chance explains"
    elif gain.low > -margin:
        outcome = Verdict.PROMOTE
        plain = f"it is as good as the champion: {both} (at worst {at_worst} worse, and {allowed} are allowed)"
    elif gain.high < 0:
        outcome, plain = (
            Verdict.REJECT,
            f"it is worse than the champion: {both}, and chance does not explain the difference",
        )
    else:
        outcome = Verdict.HOLD
        plain = (
            f"the {gain.rows} test rows are too few to tell whether it is as good as the champion: {both} "
            f"(it may be up to {at_worst} worse, and {allowed} are allowed)"
        )
        look = (
            f"Whether it is meant to be the same: both models answer all {gain.rows} test rows alike."
            if differing == 0
            else f"Where the two models part{_parting(differing, gain.rows)}. More test rows would make the difference "
            "clearer."
        )
    sentence = f"{_in_figures(metric, gain)}, margin {margin:.4f}"
    return Check(name="comparison", outcome=outcome, plain=plain, sentence=sentence, look_at=look)


def _parting(differing: int | None, rows: int) -> str:
    return "" if differing is None else f": they answer {differing:,} of {rows:,} test rows differently"


def _in_figures(metric: Metric[Any], gain: Gain) -> str:
    return (
        f"{metric.called} {gain.challenger:.4f} against {gain.champion:.4f}: gain {gain.value:+.4f} "
        f"({percent(gain.confidence)} interval {gain.low:+.4f} to {gain.high:+.4f}, {gain.rows} rows; {gain.method})"
    )
