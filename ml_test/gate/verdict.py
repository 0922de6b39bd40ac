"""The three verdicts: each check gives one, and the gate gives the worst of them."""

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
        """REJECT if the figure is below its floor, HOLD if only its lower bound is."""
        if value < floor:
            return Verdict.REJECT
        return Verdict.PROMOTE if low >= floor else Verdict.HOLD

    @staticmethod
    def of(checks: Iterable[Check]) -> Verdict:
        """The worst outcome of the checks."""
        outcomes = {check.outcome for check in checks}
        return next((worst for worst in (Verdict.REJECT, Verdict.HOLD) if worst in outcomes), Verdict.PROMOTE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One condition.

    plain: the result, for a reader who knows no statistics. sentence: the same with figures, interval and floor.
    look_at: what a person should look at if the outcome is HOLD.
    estimate, floor: what the report draws. ceiling: ``floor`` is an upper limit, because less is better.
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
