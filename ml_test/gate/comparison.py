"""Is the challenger as good as the champion, and better than knowing nothing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_test.gate.intervals import CONFIDENCE, win_p_value
from ml_test.gate.probabilities import saved
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import NAMES, amount, figure, percent

if TYPE_CHECKING:
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.paired import Gain, Pair
    from ml_test.gate.rules import Costs


def against_champion(gain: Gain, margin: float) -> Check:
    """PROMOTE if it is surely not worse by the margin; REJECT if it is surely worse, and maybe by more than that."""
    name = NAMES[gain.metric]
    both = f"{name} {figure(gain.metric, gain.challenger)} against the champion's {figure(gain.metric, gain.champion)}"
    allowed = amount(gain.metric, margin)
    at_worst = amount(gain.metric, max(-gain.low, 0.0))
    look = ""
    if gain.low > 0:
        outcome, plain = Verdict.PROMOTE, f"it is better than the champion ({both}), by more than chance explains"
    elif gain.low > -margin:
        outcome = Verdict.PROMOTE
        plain = f"it is as good as the champion: {both}, at worst {at_worst} less, and {allowed} are allowed"
    elif gain.high < 0:
        outcome, plain = Verdict.REJECT, f"it is worse than the champion: {both}, and chance does not explain that"
    else:
        outcome = Verdict.HOLD
        plain = (
            f"the {gain.rows} test rows cannot tell whether it is as good as the champion: {both}, "
            f"and it may really be up to {at_worst} worse, where {allowed} are allowed"
        )
        look = "The rows that the two models answer differently; a larger test set would narrow the interval."
    sentence = f"{in_figures(gain)}, margin {margin:.4f}"
    return Check(name="comparison", outcome=outcome, plain=plain, sentence=sentence, look_at=look)


def in_figures(gain: Gain) -> str:
    return (
        f"{NAMES[gain.metric]} {gain.challenger:.4f} against {gain.champion:.4f}: gain {gain.value:+.4f} "
        f"({percent(gain.confidence)} interval {gain.low:+.4f} to {gain.high:+.4f}, {gain.rows} rows; {gain.method})"
    )


def against_baseline(evidence: Evidence, pair: Pair, costs: Costs) -> Check:
    """Better than always answering the commonest label; or than always, and than never, raising the alarm."""
    return _against_majority(evidence) if evidence.positive is None else _against_constant_decision(pair, costs)


def _against_majority(evidence: Evidence) -> Check:
    pairs = list(zip(evidence.truth, evidence.answers, strict=True))
    wins = sum(answer == true != evidence.majority for true, answer in pairs)
    losses = sum(answer != true == evidence.majority for true, answer in pairs)
    chance = win_p_value(wins, losses)
    passed = chance < 1 - CONFIDENCE
    better = "clearly better" if passed else "not clearly better"
    return Check(
        name="beats the baseline",
        outcome=Verdict.PROMOTE if passed else Verdict.REJECT,
        plain=f"it is {better} than always answering {evidence.majority!r}: it wins {wins} of the test rows and "
        f"loses {losses}",
        sentence=f"against always answering {evidence.majority}: {wins} rows won, {losses} lost "
        f"(p = {chance:.2g}, must be below {1 - CONFIDENCE:.2f})",
    )


def _against_constant_decision(pair: Pair, costs: Costs) -> Check:
    found = saved(pair.truth, pair.challenger.astype(float), costs)
    passed = found.low > 0
    better = "saves costs" if passed else "does not surely save costs"
    return Check(
        name="beats the baseline",
        outcome=Verdict.PROMOTE if passed else Verdict.REJECT,
        plain=f"to decide by it {better}, compared with treating everybody alike",
        sentence=f"cost saved a row against the better constant decision {found.value:.4f} "
        f"(95 % interval {found.low:.4f} to {found.high:.4f}; a missed case costs {costs.missed:g}, "
        f"a false alarm {costs.false_alarm:g}): it must be above 0",
    )
