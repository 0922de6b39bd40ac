"""Rules and their schedules over a restart, and which rules see an event of which bus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import Settings
from localcloud.services.events.router import Router

PATTERN = json.dumps({"source": ["shop"]})
EVENT = {"source": "shop", "time": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(("state", "expected"), [("ENABLED", True), ("DISABLED", False)])
def test_a_rule_whose_schedule_was_not_noted_any_more_gets_it_at_the_start(
    tmp_path: Path, state: str, expected: bool
) -> None:
    """A start notes the schedule of a rule that a crash had left without one."""
    cloud = Cloud.assemble(Settings(home=tmp_path, cache=tmp_path / "cache"))
    rule = {"Name": "hourly", "Arn": "arn:x", "ScheduleExpression": "rate(1 hour)", "State": state, "targets": {}}
    cloud.store.table("events.rules").put("hourly", rule)
    assert ("hourly" in Router(cloud).schedules) is expected
    cloud.store.close()


def rule(name: str, target: str, **more: Any) -> dict[str, Any]:
    targets = {"t": {"Id": "t", "Arn": target}}
    return {"Name": name, "Arn": f"arn:{name}", "EventPattern": PATTERN, "State": "ENABLED", "targets": targets, **more}


def reached(cloud: Cloud) -> list[str]:
    """The targets for which a delivery is noted."""
    return [entry["document"]["target"]["Arn"] for _, entry in cloud.store.table("events.deliveries").items()]


def test_a_rule_sees_the_events_of_its_bus_alone(cloud: Cloud) -> None:
    """A rule of an earlier release is the default bus's; one of the same name on another bus is another rule."""
    cloud.store.table("events.rules").put("sales", rule("sales", "arn:aws:sqs:::of-default"))
    router = Router(cloud)
    router.put(rule("sales", "arn:aws:sqs:::of-mine", EventBusName="mine"), reschedule=False)
    router.receive(EVENT)
    assert reached(cloud) == ["arn:aws:sqs:::of-default"]
    router.receive(EVENT, "mine")
    router.receive(EVENT, "unheard-of")
    assert reached(cloud) == ["arn:aws:sqs:::of-default", "arn:aws:sqs:::of-mine"]
    router.delete("mine/sales")
    assert ([each["Name"] for each in router.rules_of("default")], router.rules_of("mine")) == (["sales"], [])


def test_an_event_goes_from_bus_to_bus_once(cloud: Cloud) -> None:
    """What came from another bus reaches the queues of its second bus, and no third bus."""
    router = Router(cloud)
    onward = "arn:aws:events:us-east-1:123456789012:event-bus/third"
    router.put(rule("on", onward, EventBusName="second"), reschedule=False)
    router.put(rule("off", "arn:aws:sqs:::end", EventBusName="second"), reschedule=False)
    router.receive(EVENT, "second", forwarded=True)
    assert reached(cloud) == ["arn:aws:sqs:::end"]
    router.receive(EVENT, "second")
    assert sorted(reached(cloud)) == [onward, "arn:aws:sqs:::end", "arn:aws:sqs:::end"]
