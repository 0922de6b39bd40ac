"""Which capacity an alarm asks for."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.services.application_autoscaling.decisions import (
    Bounds,
    Breach,
    Change,
    Direction,
    adjusted,
    step_for,
    stepped,
    tracked,
)

NOW = 1000.0
TARGET = 20.0


def breach(*values: float, current: int = 1, **more: Any) -> Breach:
    """Datapoints of the last minutes, newest first, above the target unless told otherwise."""
    points = tuple((NOW - 60 * age, value) for age, value in enumerate(values, start=1))
    facts: dict[str, Any] = {"periods": 3, "threshold": TARGET, "above": True, "last": None, **more}
    return Breach(datapoints=points, current=current, now=NOW, **facts)


def low(*values: float, current: int, **more: Any) -> Breach:
    return breach(*values, current=current, above=False, threshold=18.0, **{"periods": len(values), **more})


def change(before: int, after: int, *, ended: float, cooled: float) -> Change:
    return Change(before=before, after=after, ended=ended, cooled=cooled)


@pytest.mark.parametrize(
    ("values", "current", "wanted"),
    [((54, 30, 25), 1, 3), ((40, 60, 60), 1, 2), ((40.01, 60, 60), 1, 3), ((20.1, 21, 21), 3, 4), ((60, 60, 60), 3, 9)],
)
def test_a_scale_out_follows_the_ratio_of_the_newest_minute(values: Any, current: int, wanted: int) -> None:
    """Capacity times metric over target, rounded up: as many as bring the metric to its target, not fewer."""
    assert tracked(TARGET, breach(*values, current=current)) == wanted


def test_a_scale_in_keeps_the_busiest_minute_below_the_target() -> None:
    """The largest of the minutes decides, so that none of them would have been above the target."""
    assert tracked(TARGET, low(2, 3, 13.4, current=3)) == 3
    assert tracked(TARGET, low(2, 3, 13.3, current=3)) == 2
    assert tracked(TARGET, low(0, 0, 0, current=3)) == 0


def test_missing_data_never_scales_in() -> None:
    """One period without data is enough to leave everything as it is."""
    assert tracked(TARGET, low(2, 3, current=3, periods=3)) is None
    assert tracked(TARGET, low(current=3, periods=3)) is None


def test_in_the_cooldown_of_a_scale_out_only_a_larger_demand_adds() -> None:
    """What was added counts as part of the next: from 1, thrice the target is 3, which are there; 4.5 times is 5."""
    last = change(1, 3, ended=NOW - 10, cooled=NOW + 50)
    assert tracked(TARGET, breach(60, 60, 60, current=3, last=last)) == 3
    assert tracked(TARGET, breach(90, 60, 60, current=3, last=last)) == 5


def test_after_the_cooldown_the_present_capacity_counts() -> None:
    """A minute that was measured with three instances is multiplied by three, one that began before them by one."""
    old = change(1, 3, ended=NOW - 90, cooled=NOW - 30)
    assert tracked(TARGET, breach(30, 60, 60, current=3, last=old)) == 5
    fresh = change(1, 3, ended=NOW - 30, cooled=NOW - 5)
    assert tracked(TARGET, breach(60, 60, 60, current=3, last=fresh)) == 3


def test_a_change_by_somebody_else_is_respected() -> None:
    """The last activity counts for nothing once the capacity is not the one that it set."""
    last = change(1, 3, ended=NOW - 10, cooled=NOW + 50)
    assert tracked(TARGET, breach(60, 60, 60, current=2, last=last)) == 6


def test_a_scale_in_waits_for_the_cooldown_of_the_last_one_and_for_data_since() -> None:
    """In the cooldown nothing leaves; after it only minutes count that have seen the present capacity."""
    values = (2, 2, 2)
    waiting = change(4, 3, ended=NOW - 200, cooled=NOW + 1)
    assert tracked(TARGET, low(*values, current=3, last=waiting)) is None
    over = change(4, 3, ended=NOW - 200, cooled=NOW - 1)
    assert tracked(TARGET, low(*values, current=3, last=over)) == 1
    just_now = change(4, 3, ended=NOW - 5, cooled=NOW - 1)
    assert tracked(TARGET, low(*values, current=3, last=just_now)) is None


def test_a_scale_out_waits_for_no_cooldown_of_a_scale_in() -> None:
    """A demand is met at once, whatever was taken away before."""
    last = change(3, 1, ended=NOW - 200, cooled=NOW + 500)
    assert tracked(TARGET, breach(60, 60, 60, current=1, last=last)) == 3


STEPS = [
    {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 3},
]


def steps_below() -> list[dict[str, Any]]:
    return [
        {"MetricIntervalLowerBound": -10.0, "MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1},
        {"MetricIntervalUpperBound": -10.0, "ScalingAdjustment": -2},
    ]


@pytest.mark.parametrize(("difference", "adjustment"), [(0.0, 1), (9.9, 1), (10.0, 3), (1e9, 3), (-0.1, None)])
def test_above_the_threshold_a_step_has_its_lower_bound(difference: float, adjustment: int | None) -> None:
    """AWS's intervals for a breach upwards: the lower bound belongs to them, the upper does not."""
    assert step_for(STEPS, difference, above=True) == adjustment


@pytest.mark.parametrize(("difference", "adjustment"), [(0.0, -1), (-9.9, -1), (-10.0, -2), (-11.0, -2), (0.1, None)])
def test_below_the_threshold_a_step_has_its_upper_bound(difference: float, adjustment: int | None) -> None:
    """AWS's intervals for a breach downwards: the upper bound belongs to them, the lower does not."""
    assert step_for(steps_below(), difference, above=False) == adjustment


@pytest.mark.parametrize(
    ("kind", "least", "capacity", "adjustment", "wanted"),
    [
        ("ChangeInCapacity", 0, 3, 2, 5),
        ("ChangeInCapacity", 0, 1, -3, 0),
        ("ExactCapacity", 0, 3, 7, 7),
        ("PercentChangeInCapacity", 0, 10, 25, 12),
        ("PercentChangeInCapacity", 0, 2, 25, 3),
        ("PercentChangeInCapacity", 0, 10, -66, 4),
        ("PercentChangeInCapacity", 0, 2, -10, 1),
        ("PercentChangeInCapacity", 2, 4, 25, 6),
    ],
)
def test_an_adjustment_is_counted_as_its_type_says(
    kind: str, least: int, capacity: int, adjustment: int, wanted: int
) -> None:
    """A change, an exact capacity, or a percentage that is rounded towards zero, but a part of one to a whole one."""
    configuration = {"AdjustmentType": kind, "MinAdjustmentMagnitude": least}
    assert adjusted(configuration, capacity, adjustment) == wanted


def test_a_step_adds_by_the_size_of_the_breach_and_no_more_in_its_cooldown() -> None:
    """The aggregated value chooses the step, and in the cooldown the capacity before the last change is its base."""
    configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": STEPS, "MetricAggregationType": "Maximum"}
    assert stepped(configuration, breach(25, 26)) == 2
    assert stepped(configuration, breach(25, 31)) == 4
    last = change(1, 2, ended=NOW - 10, cooled=NOW + 50)
    assert stepped(configuration, breach(25, 26, current=2, last=last)) == 2
    assert stepped(configuration, breach(25, 31, current=2, last=last)) == 4


def test_bounds_hold_a_capacity_and_say_why_nothing_changes() -> None:
    """At a bound the reason names it, between them it names the capacity."""
    bounds = Bounds(least=1, most=3)
    assert [bounds.hold(capacity) for capacity in (0, 2, 9)] == [1, 2, 3]
    assert bounds.reason(Direction.OUT, 3) == {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 3}
    assert bounds.reason(Direction.IN, 1) == {"Code": "AlreadyAtMinCapacity", "MinCapacity": 1}
    assert bounds.reason(Direction.OUT, 2) == {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": 2}
