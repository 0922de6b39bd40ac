"""Changes an alarm's state, with all that follows: a line of history, the alarm's actions, an event."""

from __future__ import annotations

import itertools
import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.alarm_actions import AlarmAction
from localcloud.services.cloudwatch.alarm_message import event_detail, message, read_stamp, subject
from localcloud.services.cloudwatch.composite_rules import suppression
from localcloud.services.cloudwatch.composite_rules.rule import name_of
from localcloud.services.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: How many lines of history are kept for all alarms together.
_KEPT_LINES = 5000
_ACTIONS = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT_DATA: "InsufficientDataActions"}

#: An alarm's name, its state before, its state now.
Follower = Callable[[str, str, str], None]

log = logging.getLogger("localcloud.cloudwatch")


class AlarmStates:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.alarms = cloud.store.table("cloudwatch.alarms")
        self.history = cloud.store.table("cloudwatch.alarm_history")
        self._numbers = itertools.count()
        self._followers: list[Follower] = []
        self.scale = cloud.settings.time_scale
        #: One change at a time with all that follows, so that the history has the order of the changes.
        self.changing = threading.RLock()

    def follow(self, follower: Follower) -> None:
        """``follower`` is called after each change that :meth:`change` makes."""
        self._followers.append(follower)

    def find(self, reference: str) -> Document | None:
        """The alarm with this name, or with this ARN of this account and region."""
        found = self.alarms.get(name_of(reference))
        return None if found is None or reference not in (found["AlarmName"], found["AlarmArn"]) else found

    def change(self, name: str, state: str, reason: str, data: Document) -> None:
        """Sets an alarm's state, and tells its followers. If the alarm has it already, only the reason changes."""
        with self.changing:
            old = self.alarms.value(name, "StateValue")
            if self.set(name, state, reason, data):
                for follower in self._followers:
                    follower(name, old, state)

    def set(self, name: str, state: str, reason: str, data: Document) -> bool:
        """Sets an alarm's state, and returns whether it had another one."""
        with self.changing:
            before = self.alarms.get(name)
            if before is None:
                return False
            now = datetime.now(UTC)
            moved: bool = before["StateValue"] != state
            after = {
                **before,
                "StateValue": state,
                "StateReason": reason,
                "StateReasonData": json.dumps(data),
                "StateUpdatedTimestamp": now,
                **({"StateTransitionedTimestamp": now} if moved else {}),
            }
            if moved:
                suppressor = self.find(after.get("ActionsSuppressor", "")) or {}
                after = suppression.held(before, after, suppressor.get("StateValue"), now, self.scale)
            self.alarms.put(name, after)
            if moved:
                self._tell(before, after)
            return moved

    def act(self, before: Document, after: Document) -> None:
        """Takes the actions of the state that an alarm has now."""
        for action in after[_ACTIONS[after["StateValue"]]] if after["ActionsEnabled"] else ():
            self._act(action, before, after)

    def repeat(self, alarm: Document, data: Document) -> None:
        """Takes those actions again that CloudWatch takes each minute while the state lasts: the ones that scale."""
        for action in alarm[_ACTIONS[alarm["StateValue"]]] if alarm["ActionsEnabled"] else ():
            if self._cloud.alarm_actions.knows(action):
                self._cloud.alarm_actions.take(_handed_over(action, alarm, data))

    def write_history(
        self, name: str, kind: str, summary: str, data: Document, alarm_type: str = "MetricAlarm"
    ) -> None:
        now = datetime.now(UTC)
        self.history.put(
            f"{now.timestamp():017.6f}-{next(self._numbers):06d}",
            {
                "AlarmName": name,
                "AlarmType": alarm_type,
                "Timestamp": now,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
            },
        )
        keys = self.history.names()
        for key in keys[: max(0, len(keys) - _KEPT_LINES)]:
            self.history.delete(key)

    def _tell(self, before: Document, after: Document) -> None:
        name, old, new = after["AlarmName"], before["StateValue"], after["StateValue"]
        log.info("alarm %s: %s → %s: %s", name, old, new, after["StateReason"])
        states = {
            label: {
                "stateValue": alarm["StateValue"],
                "stateReason": alarm["StateReason"],
                "stateReasonData": json.loads(alarm.get("StateReasonData") or "{}"),
            }
            for label, alarm in (("oldState", before), ("newState", after))
        }
        summary = f"Alarm updated from {old} to {new}"
        self.write_history(name, "StateUpdate", summary, {"version": "1.0", **states}, type_of(after))
        self._cloud.events.emit(
            "aws.cloudwatch",
            "CloudWatch Alarm State Change",
            event_detail(before, after),
            resources=[after["AlarmArn"]],
        )
        if not suppression.holds(after):
            self.act(before, after)

    def _act(self, action: str, before: Document, after: Document) -> None:
        failure = None
        try:
            self._carry_out(action, before, after)
        except (ClientError, BotoCoreError) as error:
            failure = str(error)
            log.warning("alarm %s could not tell %s: %s", after["AlarmName"], action, error)
        self.write_history(
            after["AlarmName"],
            "Action",
            f"{'Failed to execute' if failure else 'Successfully executed'} action {action}",
            {
                "actionState": "Failed" if failure else "Succeeded",
                "stateUpdateTimestamp": int(after["StateUpdatedTimestamp"].timestamp() * 1000),
                "notificationResource": action,
                "error": failure,
            },
            type_of(after),
        )

    def _carry_out(self, action: str, before: Document, after: Document) -> None:
        """Hands over to the service that scales, or publishes to a topic, whose policy must allow CloudWatch."""
        if self._cloud.alarm_actions.knows(action):
            data = json.loads(after.get("StateReasonData") or "{}")
            self._cloud.alarm_actions.take(_handed_over(action, after, data))
            return
        self._topic_client(after).publish(
            TopicArn=action,
            Subject=subject(after, self._cloud.settings.region),
            Message=message(before, after, account_id=self._cloud.settings.account_id),
        )

    def _topic_client(self, alarm: Document) -> Any:
        return self._cloud.clients.as_service("sns", "cloudwatch.amazonaws.com", source_arn=alarm["AlarmArn"])


def type_of(alarm: Document) -> str:
    """AWS's name of an alarm's kind."""
    return "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"


def _handed_over(action: str, alarm: Document, data: Document) -> AlarmAction:
    """``data``: a state's reason; the evaluator's has the datapoints, SetAlarmState's as a rule has not."""
    return AlarmAction(
        action=action,
        alarm=alarm["AlarmName"],
        state=alarm["StateValue"],
        comparison=alarm["ComparisonOperator"],
        threshold=alarm["Threshold"],
        periods=alarm["EvaluationPeriods"],
        datapoints=tuple(
            (read_stamp(each["timestamp"]), each["value"]) for each in data.get("evaluatedDatapoints", ())
        ),
    )
