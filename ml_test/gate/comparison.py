"""Is the challenger as good as the champion, and better than knowing nothing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.figures import log_losses
from ml_test.gate.intervals import CONFIDENCE, win_p_value
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import NAMES, amount, figure, percent

if TYPE_CHECKING:
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.paired import Gain, Rows


def against_champion(gain: Gain, margin: float) -> Check:
    """PROMOTE if it is surely not worse by the margin; REJECT if it is surely worse, and maybe by more than that."""
    name = NAMES[gain.metric]
    both = f"{name} {figure(gain.metric, gain.challenger)} against the champion's {figure(gain.metric, gain.champion)}"
    allowed = amount(gain.metric, margin)
    at_worst = amount(gain.metric, max(-gain.low, 0.0))
    sentence = (
        f"{name} {gain.challenger:.4f} against {gain.champion:.4f}: gain {gain.value:+.4f} "
        f"({percent(gain.confidence)} interval {gain.low:+.4f} to {gain.high:+.4f}, margin {margin:.4f}; {gain.method})"
    )
    if gain.low > 0:
        plain = f"it is better than the champion ({both}), by more than chance explains"
        return Check(name="comparison", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    if gain.low > -margin:
        plain = f"it is as good as the champion: {both}, at worst {at_worst} less, and {allowed} are allowed"
        return Check(name="comparison", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    if gain.high < 0:
        plain = f"it is worse than the champion: {both}, and chance does not explain that"
        return Check(name="comparison", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    plain = (
        f"the {gain.rows} test rows cannot tell whether it is as good as the champion: {both}, "
        f"and it may really be up to {at_worst} worse, where {allowed} are allowed"
    )
    look = "The rows that the two models answer differently; a larger test set would narrow the interval."
    return Check(name="comparison", outcome=Verdict.HOLD, plain=plain, sentence=sentence, look_at=look)


def against_baseline(evidence: Evidence, rows: Rows) -> Check:
    """Better than always answering the commonest label, or than telling everybody the base rate."""
    if evidence.positive is None:
        return _against_majority(evidence)
    baseline = np.full(len(rows.truth), evidence.base_rate if evidence.base_rate is not None else rows.truth.mean())
    better = log_losses(rows.truth, baseline) - log_losses(rows.truth, rows.challenger.astype(float))
    mean, error = float(better.mean()), float(better.std(ddof=1) / np.sqrt(len(better)))
    passed = mean > NORMAL_95 * error and mean > 0
    sentence = (
        f"against answering {baseline[0]:.4f} to every row: log loss better by {mean:.4f} ± {NORMAL_95 * error:.4f}"
    )
    better_by = "knows more" if passed else "is not surely better"
    plain = f"it {better_by} than a model that gives everybody the same probability"
    outcome = Verdict.PROMOTE if passed else Verdict.REJECT
    return Check(name="beats the majority baseline", outcome=outcome, plain=plain, sentence=sentence)


NORMAL_95 = 1.96


def _against_majority(evidence: Evidence) -> Check:
    pairs = list(zip(evidence.truth, evidence.answers, strict=True))
    wins = sum(answer == true != evidence.majority for true, answer in pairs)
    losses = sum(answer != true == evidence.majority for true, answer in pairs)
    chance = win_p_value(wins, losses)
    passed = chance < 1 - CONFIDENCE
    sentence = (
        f"against always answering {evidence.majority}: {wins} rows won, {losses} lost "
        f"(p = {chance:.2g}, must be below {1 - CONFIDENCE:.2f})"
    )
    better = "clearly better" if passed else "not clearly better"
    against = f"than always answering {evidence.majority!r}"
    plain = f"it is {better} {against}: it wins {wins} of the test rows and loses {losses}"
    outcome = Verdict.PROMOTE if passed else Verdict.REJECT
    return Check(name="beats the majority baseline", outcome=outcome, plain=plain, sentence=sentence)
