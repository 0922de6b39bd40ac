"""Derives an alarm's state from its datapoints, by the rules in the tables of AWS's user guide.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

#: How many periods beyond EvaluationPeriods count where the last ones are missing. AWS's tables show 5 for 3.
EXTRA_PERIODS = 2

#: Operator → the test for a breach, and AWS's words for it.
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
#: Treatment of missing data → whether a missing datapoint breaches. The other treatments fill in nothing.
_FILLED_WITH = {"breaching": True, "notBreaching": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When an alarm goes off: ``datapoints_to_alarm`` of the last ``evaluation_periods`` breach the threshold."""

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str = "missing"

    @property
    def evaluation_range(self) -> int:
        return self.evaluation_periods + EXTRA_PERIODS

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A state and its reason; None where the alarm keeps its state."""

    state: str | None
    evaluated: tuple[float, ...] = ()
    """The values that decided, newest first."""
    filled: int = 0
    """Periods without data that were treated as breaching or as not breaching."""
    breaching: int = field(default=0)


def evaluate(rule: Rule, datapoints: Sequence[float | None]) -> Outcome:
    """``datapoints``: those of the evaluation range, newest first; None for a period without samples."""
    real = [(age, value) for age, value in enumerate(datapoints[: rule.evaluation_range], start=1) if value is not None]
    used = real[: rule.evaluation_periods]
    values = tuple(value for _, value in used)
    breaching = sum(rule.breaches(value) for value in values)
    missing = rule.evaluation_periods - len(used)
    if missing and rule.treat_missing_data in _FILLED_WITH:
        breaching += missing if _FILLED_WITH[rule.treat_missing_data] else 0
        return Outcome(state=_counted(rule, breaching), evaluated=values, filled=missing, breaching=breaching)
    if missing and breaching == len(used) and breaching < rule.datapoints_to_alarm:
        return _from_few(rule, oldest_age=used[-1][0] if used else 0, values=values)
    return Outcome(state=_counted(rule, breaching), evaluated=values, breaching=breaching)


def _counted(rule: Rule, breaching: int) -> str:
    return ALARM if breaching >= rule.datapoints_to_alarm else OK


def _from_few(rule: Rule, *, oldest_age: int, values: tuple[float, ...]) -> Outcome:
    """Whether the alarm goes off with too few datapoints, all of which breach.

    This is AWS's "premature alarm". The alarm goes off once the oldest breach is as old as the datapoints that it
    needs, because no later datapoint has contradicted it. Before that, the next one may.
    """
    if rule.treat_missing_data == "ignore":
        return Outcome(state=None, evaluated=values)
    if not values:
        return Outcome(state=INSUFFICIENT_DATA)
    premature = oldest_age >= rule.datapoints_to_alarm
    return Outcome(state=ALARM if premature else None, evaluated=values, breaching=len(values))
