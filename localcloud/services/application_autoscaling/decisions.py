"""Which capacity an alarm asks for: functions of what was measured, of what runs, and of the last change.

AWS publishes the rules of its cooldowns and of steps, and that capacity follows the ratio of metric and target. Where
it does not say which datapoint counts, the choice is ours (docs/decisions/0018-scaling-that-acts.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: So that 3 · 20 / 20 is 3.
_ROUNDING = 1e-9


class Direction(Enum):
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The last successful activity of a target. Times are seconds since the epoch."""

    before: int
    after: int
    ended: float
    cooled: float
    """When its cooldown ends."""

    @property
    def direction(self) -> Direction:
        return Direction.OUT if self.after > self.before else Direction.IN


@dataclass(frozen=True, kw_only=True, slots=True)
class Breach:
    """What an alarm has measured, and what runs."""

    datapoints: tuple[tuple[float, float], ...]
    """(start, value), newest first; periods without data are left out."""
    periods: int
    threshold: float
    above: bool
    """Whether the alarm goes off above its threshold."""
    current: int
    last: Change | None
    now: float

    def blocked(self, direction: Direction) -> bool:
        """Whether a cooldown forbids it. A scale-in waits for the last one's; a scale-out never waits."""
        last = self.last
        return direction is Direction.IN is _direction(last) and last is not None and self.now < last.cooled

    def base(self) -> int:
        """The capacity to which the newest datapoint belongs.

        In the cooldown of a scale-out, what that added counts as part of the next: only a larger demand adds more.
        Neither holds after somebody else has changed the capacity.
        """
        last = self.last
        if last is None or last.after != self.current:
            return self.current
        cooling = last.direction is Direction.OUT and self.now < last.cooled
        return last.before if cooling or self.datapoints[0][0] < last.ended else self.current


def _direction(change: Change | None) -> Direction | None:
    return change.direction if change else None


def tracked(target_value: float, breach: Breach) -> int | None:
    """The capacity that brings the metric to its target, not bounded; None where it cannot be told yet.

    Scales in on the largest value since the last change, and never where a period lacks its data.
    """
    if breach.above:
        if not breach.datapoints:
            return None
        return max(breach.current, _ceiling(breach.base() * breach.datapoints[0][1] / target_value))
    if breach.blocked(Direction.IN) or len(breach.datapoints) < breach.periods:
        return None
    fresh = [value for start, value in breach.datapoints if breach.last is None or start >= breach.last.ended]
    if not fresh:
        return None
    return min(breach.current, _ceiling(breach.current * max(fresh) / target_value))


def _ceiling(capacity: float) -> int:
    return math.ceil(capacity - _ROUNDING)


def stepped(configuration: dict[str, Any], breach: Breach) -> int | None:
    """The capacity by the step for this size of breach, not bounded; None where no step is for it, or in a cooldown."""
    if not breach.datapoints:
        return None
    value = _aggregated(configuration.get("MetricAggregationType", "Average"), [v for _, v in breach.datapoints])
    adjustment = step_for(configuration["StepAdjustments"], value - breach.threshold, above=breach.above)
    if adjustment is None:
        return None
    wanted = adjusted(configuration, breach.current, adjustment)
    if wanted >= breach.current:
        return max(breach.current, adjusted(configuration, breach.base(), adjustment))
    return None if breach.blocked(Direction.IN) else wanted


def step_for(steps: Sequence[dict[str, Any]], difference: float, *, above: bool) -> int | None:
    """The adjustment whose interval holds this difference from the threshold.

    Above the threshold an interval has its lower bound and not its upper; below it the other way round.
    """
    for step in steps:
        lower = step.get("MetricIntervalLowerBound", -math.inf)
        upper = step.get("MetricIntervalUpperBound", math.inf)
        if lower <= difference < upper if above else lower < difference <= upper:
            found: int = step["ScalingAdjustment"]
            return found
    return None


def adjusted(configuration: dict[str, Any], capacity: int, adjustment: int) -> int:
    match configuration["AdjustmentType"]:
        case "ExactCapacity":
            return adjustment
        case "ChangeInCapacity":
            return max(0, capacity + adjustment)
        case _:
            change = _percent(capacity * adjustment / 100)
            least = configuration.get("MinAdjustmentMagnitude", 0)
            if change and abs(change) < least:
                change = math.copysign(least, change)
            return max(0, capacity + int(change))


def _percent(change: float) -> float:
    """AWS's rounding: towards zero, but a part of one is a whole one."""
    if 0 < abs(change) < 1:
        return math.copysign(1, change)
    return float(math.trunc(change))


def _aggregated(aggregation: str, values: Sequence[float]) -> float:
    return {"Minimum": min, "Maximum": max}.get(aggregation, lambda found: sum(found) / len(found))(values)


def check_bounds(least: int, most: int, least_possible: int) -> None:
    """Raises AwsError for bounds that the resource cannot have."""
    if least < least_possible:
        raise AwsError("ValidationException", f"Minimum capacity cannot be less than {least_possible}, and is {least}")
    if most < least:
        raise AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    least: int
    most: int

    def hold(self, capacity: int) -> int:
        return max(self.least, min(self.most, capacity))

    def reason(self, direction: Direction, current: int) -> dict[str, Any]:
        """Why nothing is changed, as in NotScaledReasons."""
        if direction is Direction.OUT and current >= self.most:
            return {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": self.most}
        if direction is Direction.IN and current <= self.least:
            return {"Code": "AlreadyAtMinCapacity", "MinCapacity": self.least}
        return {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": current}
