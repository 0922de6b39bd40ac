"""Composite alarms: put, described, deleted, and how their states and actions follow other alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.cloudwatch.composite_rules import suppression
from localcloud.services.cloudwatch.service import CloudWatch
from tests.unit.localcloud.services.calls import call
from tests.unit.localcloud.services.cloudwatch.test_metrics import ALARM

CALL = call("monitoring")
BOTH = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
HELD = {"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120}


@pytest.fixture
def cloudwatch(cloud: Cloud) -> CloudWatch:
    found = CloudWatch(cloud)
    for name in ("a", "b"):
        found.put_metric_alarm(CALL, {**ALARM, "AlarmName": name})
    return found


def put(cloudwatch: CloudWatch, name: str, rule: str, **more: Any) -> None:
    cloudwatch.put_composite_alarm(CALL, {"AlarmName": name, "AlarmRule": rule, **more})


def become(cloudwatch: CloudWatch, name: str, state: str) -> None:
    cloudwatch.set_alarm_state(CALL, {"AlarmName": name, "StateValue": state, "StateReason": "the test says so"})


def described(cloudwatch: CloudWatch, name: str) -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(CALL, {"AlarmNames": [name], **BOTH})["CompositeAlarms"]
    return dict(found)


def state(cloudwatch: CloudWatch, name: str) -> str:
    return str(described(cloudwatch, name)["StateValue"])


def refused(operation: Any, **params: Any) -> str:
    with pytest.raises(AwsError) as found:
        operation(CALL, params)
    assert found.value.code == "ValidationError"
    return found.value.message


def names(answer: dict[str, Any]) -> tuple[list[str], list[str]]:
    return tuple([alarm["AlarmName"] for alarm in answer[kind]] for kind in ("MetricAlarms", "CompositeAlarms"))  # type: ignore[return-value]


def test_states_climb_from_children_to_parents(cloudwatch: CloudWatch) -> None:
    """A new alarm is evaluated at once; a change goes up through all composite alarms, each with its cause."""
    put(cloudwatch, "inner", "ALARM(a) OR ALARM(b)")
    put(cloudwatch, "outer", "ALARM(inner) AND NOT ALARM(b)")
    made = described(cloudwatch, "inner")
    assert made["StateReason"] == f"{made['AlarmArn']} was created and its alarm rule evaluates to OK"
    become(cloudwatch, "a", "ALARM")
    assert (state(cloudwatch, "inner"), state(cloudwatch, "outer")) == ("ALARM", "ALARM")
    found = described(cloudwatch, "inner")
    assert ":alarm:a transitioned to ALARM at " in found["StateReason"]
    (told,) = json.loads(found["StateReasonData"])["triggeringAlarms"]
    assert (told["arn"].split(":")[-1], told["state"]["value"]) == ("a", "ALARM")
    become(cloudwatch, "b", "ALARM")
    assert (state(cloudwatch, "inner"), state(cloudwatch, "outer")) == ("ALARM", "OK")
    put(cloudwatch, "inner", "FALSE")
    assert state(cloudwatch, "inner") == "OK"
    lines = cloudwatch.describe_alarm_history(CALL, {"AlarmName": "inner", "AlarmTypes": ["CompositeAlarm"]})
    assert [line["HistorySummary"] for line in reversed(lines["AlarmHistoryItems"])] == [
        'Alarm "inner" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        'Alarm "inner" updated',
        "Alarm updated from ALARM to OK",
    ]
    assert cloudwatch.describe_alarm_history(CALL, {"AlarmName": "inner"})["AlarmHistoryItems"] == []


def test_a_circle_stops_the_evaluation(cloudwatch: CloudWatch) -> None:
    """AWS takes a circle, evaluates it no further than once round, and deletes none of its alarms."""
    put(cloudwatch, "one", "ALARM(a)")
    put(cloudwatch, "two", "ALARM(one)")
    put(cloudwatch, "one", "ALARM(a) OR ALARM(two)")
    become(cloudwatch, "a", "ALARM")
    assert (state(cloudwatch, "one"), state(cloudwatch, "two")) == ("ALARM", "ALARM")
    for name in ("one", "two"):
        assert "composite alarm(s) depending on it" in refused(cloudwatch.delete_alarms, AlarmNames=[name])
    put(cloudwatch, "one", "FALSE")
    assert state(cloudwatch, "two") == "OK"


def test_alarms_are_described_by_kind_and_family(cloudwatch: CloudWatch) -> None:
    """Metric alarms alone unless kinds are given; of a family AWS says names and little more."""
    put(cloudwatch, "c", "ALARM(a) OR ALARM(b)")
    put(cloudwatch, "d", "OK(c)")
    assert names(cloudwatch.describe_alarms(CALL, {})) == (["a", "b"], [])
    assert names(cloudwatch.describe_alarms(CALL, {"AlarmTypes": ["CompositeAlarm"]})) == ([], ["c", "d"])
    first = cloudwatch.describe_alarms(CALL, {**BOTH, "MaxRecords": 3})
    assert names(first) == (["a", "b"], ["c"])
    assert names(cloudwatch.describe_alarms(CALL, {**BOTH, "NextToken": first["NextToken"]})) == ([], ["d"])
    below = cloudwatch.describe_alarms(CALL, {"ChildrenOfAlarmName": "c"})
    assert names(below) == (["a", "b"], [])
    assert set(below["MetricAlarms"][0]) == {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    above = cloudwatch.describe_alarms(CALL, {"ParentsOfAlarmName": "c"})
    assert names(above) == ([], ["d"])
    assert set(above["CompositeAlarms"][0]) == {"AlarmName", "AlarmArn"}
    assert "AlarmTypes" in refused(cloudwatch.describe_alarms, ParentsOfAlarmName="c", **BOTH)
    assert "no composite alarm" in refused(cloudwatch.describe_alarms, ChildrenOfAlarmName="a")


def test_what_a_composite_alarm_needs_stays(cloudwatch: CloudWatch) -> None:
    """A child goes with its parent or after it, and composite alarms go one by one."""
    put(cloudwatch, "c", "ALARM(a) OR ALARM(b)")
    put(cloudwatch, "d", "TRUE")
    assert refused(cloudwatch.delete_alarms, AlarmNames=["a"]) == (
        "Cannot delete a as there are composite alarm(s) depending on it."
    )
    assert refused(cloudwatch.delete_alarms, AlarmNames=["a", "b"]) == (
        "Cannot delete a,b as there are composite alarm(s) depending on them."
    )
    assert "One composite alarm" in refused(cloudwatch.delete_alarms, AlarmNames=["c", "d"])
    cloudwatch.delete_alarms(CALL, {"AlarmNames": ["a", "b", "c"]})
    assert names(cloudwatch.describe_alarms(CALL, BOTH)) == ([], ["d"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"AlarmRule": "ALARM(x) OR ALARM(a) OR OK(y)"},
            "Could not save the composite alarm as alarms [x, y] in the alarm rule do not exist",
        ),
        ({"AlarmRule": "ALARM(arn:aws:cloudwatch:us-west-2:123456789012:alarm:a)"}, "do not exist"),
        ({"AlarmRule": "ALARM(a) AND"}, "not a valid rule expression"),
        ({"AlarmName": "a"}, "another type"),
        ({**HELD, "ActionsSuppressor": "x"}, "x does not exist"),
        ({"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": 60}, "ActionsSuppressorExtensionPeriod is required"),
        ({"ActionsSuppressorWaitPeriod": 60}, "need an ActionsSuppressor"),
        ({"AlarmActions": ["topic"]}, "not an ARN"),
        ({"AlarmActions": ["arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x"]}, "cannot take the action"),
    ],
)
def test_what_a_composite_alarm_may_not_be(cloudwatch: CloudWatch, changes: dict[str, Any], words: str) -> None:
    """Children and suppressor exist in this account and region, and only topics are told."""
    wanted = {"AlarmName": "c", "AlarmRule": "ALARM(a)", **changes}
    assert words in refused(cloudwatch.put_composite_alarm, **wanted)
    assert names(cloudwatch.describe_alarms(CALL, BOTH)) == (["a", "b"], [])


def test_actions_wait_for_the_suppressor(cloudwatch: CloudWatch, cloud: Cloud) -> None:
    """WaitPeriod, Alarm and ExtensionPeriod in turn, each on the cloud's time scale; going back needs no actions."""
    put(cloudwatch, "c", "ALARM(b)")
    put(cloudwatch, "c", "ALARM(b)", **HELD)
    become(cloudwatch, "b", "ALARM")
    waiting = described(cloudwatch, "c")
    assert waiting["ActionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    waits = (waiting["HeldUntil"] - waiting["StateUpdatedTimestamp"]).total_seconds()
    assert waits == pytest.approx(60 / cloud.settings.time_scale, abs=1e-5)
    become(cloudwatch, "a", "ALARM")
    assert described(cloudwatch, "c")["ActionsSuppressedBy"] == "Alarm"
    become(cloudwatch, "a", "OK")
    extended = described(cloudwatch, "c")
    assert extended["ActionsSuppressedBy"] == "ExtensionPeriod"
    assert extended["HeldUntil"] == extended["ExtendedUntil"]
    become(cloudwatch, "b", "OK")
    assert "ActionsSuppressedBy" not in described(cloudwatch, "c")


def test_what_a_crash_left_unfollowed_is_followed(cloudwatch: CloudWatch, cloud: Cloud) -> None:
    """A child's state that is on disk reaches its parents after the next start, and their parents."""
    put(cloudwatch, "inner", "ALARM(a)")
    put(cloudwatch, "outer", "ALARM(inner)")
    cloudwatch.states.alarms.update("a", lambda alarm: alarm.update(StateValue="ALARM"))
    again = CloudWatch(cloud)
    again.composites.tick()
    assert (state(again, "inner"), state(again, "outer")) == ("ALARM", "ALARM")
    assert ":alarm:a transitioned to ALARM at " in described(again, "inner")["StateReason"]


def test_actions_that_have_waited_are_taken(cloudwatch: CloudWatch) -> None:
    """Once the time is over, the alarm is free; the history has its topic's answer."""
    put(cloudwatch, "c", "ALARM(b)")
    topic = "arn:aws:sns:us-east-1:123456789012:t"
    put(cloudwatch, "c", "ALARM(b)", **HELD, AlarmActions=[topic])
    become(cloudwatch, "b", "ALARM")
    cloudwatch.composites.tick()
    assert described(cloudwatch, "c")["ActionsSuppressedBy"] == "WaitPeriod"
    cloudwatch.states.alarms.update("c", lambda alarm: alarm.update(HeldUntil=datetime.now(UTC)))
    cloudwatch.composites.tick()
    assert "ActionsSuppressedBy" not in described(cloudwatch, "c")
    asked = {"AlarmName": "c", "AlarmTypes": ["CompositeAlarm"], "HistoryItemType": "Action"}
    (line,) = cloudwatch.describe_alarm_history(CALL, asked)["AlarmHistoryItems"]
    assert topic in line["HistorySummary"]


def test_actions_that_have_waited_are_due() -> None:
    """Not before the time, and never while the suppressor is in ALARM."""
    now = datetime.now(UTC)
    waiting = {"ActionsSuppressedBy": "WaitPeriod", "HeldUntil": now}
    assert not suppression.is_due(waiting, now - timedelta(seconds=1))
    assert suppression.is_due(waiting, now)
    assert not suppression.is_due({"ActionsSuppressedBy": "Alarm"}, now)
    assert not suppression.is_due({}, now)
