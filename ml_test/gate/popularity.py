"""Holds the challenger against a model that ranks by popularity: how often a column's value came true in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_test.gate.answers.kind import TOO_FEW_ROWS, better_than_nothing
from ml_test.gate.gains import Pair, gains
from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.verdict import Check

if TYPE_CHECKING:
    from ml_test.gate.answers.kind import Answered
    from ml_test.gate.metrics.metric import Compared

NAME = "beats popularity"


def judge(challenger: Answered, known: Answered, metric: Compared[Any], *, column: str, seed: int) -> Check:
    """PROMOTE if it is surely better. HOLD or REJECT as for the constant baseline."""
    (gain,) = gains(Pair(champion=known, challenger=challenger), [metric], confidence=CONFIDENCE, seed=seed)
    surely = gain.low > 0
    better = "is surely better" if surely else "is not surely better"
    both = f"{metric.called} {metric.unit.figure(gain.challenger)} against {metric.unit.figure(gain.champion)}"
    return Check(
        name=NAME,
        outcome=better_than_nothing(surely=surely, value=gain.value, rows=gain.rows),
        look_at=TOO_FEW_ROWS,
        plain=f"it {better} than ranking by the popularity of the {column} ({both})",
        sentence=f"{metric.called} {gain.challenger:.4f} against {gain.champion:.4f} by the popularity of the "
        f"{column}: gain {gain.value:+.4f} (95 % interval {gain.low:+.4f} to {gain.high:+.4f}, which must lie above "
        f"0; {gain.method})",
    )
