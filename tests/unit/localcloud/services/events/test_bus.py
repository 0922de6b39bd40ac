"""Rules and their schedules over a restart."""

from pathlib import Path

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import Settings
from localcloud.services.events.bus import Bus


@pytest.mark.parametrize(("state", "expected"), [("ENABLED", True), ("DISABLED", False)])
def test_a_rule_whose_schedule_was_not_noted_any_more_gets_it_at_the_start(
    tmp_path: Path, state: str, expected: bool
) -> None:
    """A start notes the schedule of a rule that a crash had left without one."""
    cloud = Cloud.assemble(Settings(home=tmp_path, cache=tmp_path / "cache"))
    rule = {"Name": "hourly", "Arn": "arn:x", "ScheduleExpression": "rate(1 hour)", "State": state, "targets": {}}
    cloud.store.table("events.rules").put("hourly", rule)
    assert ("hourly" in Bus(cloud).schedules) is expected
    cloud.store.close()
