"""The three answers of the gate, and of each of its checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ml_test.gate.intervals import Estimate


class Verdict(StrEnum):
    PROMOTE = "PROMOTE"
    HOLD = "HOLD"
    REJECT = "REJECT"

    @staticmethod
    def from_bounds(*, low: float, value: float, floor: float) -> Verdict:
        """A figure that misses its floor is rejected; one that reaches it, but not with its lower bound, is held."""
        if value < floor:
            return Verdict.REJECT
        return Verdict.PROMOTE if low >= floor else Verdict.HOLD

    @staticmethod
    def of(checks: Iterable[Check]) -> Verdict:
        """REJECT if any check says so; else HOLD if any does."""
        outcomes = {check.outcome for check in checks}
        return next((worst for worst in (Verdict.REJECT, Verdict.HOLD) if worst in outcomes), Verdict.PROMOTE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One condition.

    ``plain`` says it to someone who knows no statistics; ``sentence`` names figures, interval and floor;
    ``look_at`` is what a person should look at where the outcome is HOLD.
    ``estimate`` and ``floor`` are there to be drawn; ``ceiling`` says that less is better.
    """

    name: str
    outcome: Verdict
    plain: str
    sentence: str
    look_at: str = ""
    estimate: Estimate | None = None
    floor: float | None = None
    ceiling: bool = False

    @property
    def passed(self) -> bool:
        return self.outcome is Verdict.PROMOTE
