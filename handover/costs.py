"""What wrong decisions cost decides from which probability on one says yes."""

from __future__ import annotations

#: What a missed case and a false alarm cost if nobody says it.
UNSTATED_COST = 1.0


def threshold_of(*, missed: float, false_alarm: float) -> float:
    """The probability from which on raising the alarm is expected to cost less than not raising it."""
    return false_alarm / (false_alarm + missed)
