"""Keeps the states of composite alarms: they follow their children, and their actions may wait for a suppressor."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.alarm_message import stamp
from localcloud.services.cloudwatch.composite_rules import suppression
from localcloud.services.cloudwatch.composite_rules.rule import children, evaluate, name_of, parse
from localcloud.services.cloudwatch.evaluation import ALARM, OK

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.cloudwatch.alarm_states import AlarmStates

log = logging.getLogger("localcloud.cloudwatch")


class CompositeStates:
    def __init__(self, states: AlarmStates) -> None:
        self._states = states
        self._caught_up = False
        states.follow(self._changed)

    def parents(self, name: str) -> list[str]:
        """The composite alarms whose rules name this alarm."""
        alarms = self._states.alarms
        rules = ((each, alarms.value(each, "AlarmRule")) for each in alarms.names())
        return [each for each, rule in rules if rule is not None and name in children(parse(rule))]

    def put(self, name: str, verb: str) -> None:
        """Evaluates an alarm that was ``created`` or ``updated``, and what depends on it."""
        with self._states.changing:
            self._evaluate(name, f"was {verb} and its alarm rule evaluates to", name, ())

    def tick(self) -> None:
        """Takes the actions that have waited long enough. The first time, follows what a crash left unfollowed."""
        if not self._caught_up:
            self._caught_up = True
            self._catch_up()
        self._release_due()

    def _catch_up(self) -> None:
        """A child's state is on disk before its parents are evaluated."""
        for name in self._states.alarms.names():
            if (rule := self._states.alarms.value(name, "AlarmRule")) is not None:
                with self._states.changing:
                    self._evaluate(name, None, next(iter(children(parse(rule))), name), ())

    def _release_due(self) -> None:
        now, alarms = datetime.now(UTC), self._states.alarms
        for name in alarms.names():
            if alarms.value(name, "HeldUntil") is None:
                continue
            with self._states.changing:
                alarm = alarms.get(name)
                if alarm is not None and suppression.is_due(alarm, now):
                    free = suppression.released(alarm)
                    alarms.put(name, free)
                    if alarm["ToldState"] != free["StateValue"]:
                        self._states.act({**alarm, "StateValue": alarm["ToldState"]}, free)

    def _changed(self, name: str, old: str, new: str) -> None:
        self._tell_suppressed(name, old, new)
        self._climb(name, (name,))

    def _climb(self, name: str, path: tuple[str, ...]) -> None:
        for parent in self.parents(name):
            if parent in path:
                log.warning("composite alarms in a circle, the evaluation stops: %s", " → ".join([*path, parent]))
            else:
                self._evaluate(parent, None, name, path)

    def _evaluate(self, name: str, because: str | None, cause: str, path: tuple[str, ...]) -> None:
        """``because``: what happened to the cause; by default, that it changed its state."""
        alarm = self._states.alarms.get(name)
        if alarm is None:
            return
        verdict = evaluate(parse(alarm["AlarmRule"]), lambda each: self._states.alarms.value(each, "StateValue"))
        state = ALARM if verdict.holds else OK
        if state == alarm["StateValue"]:
            return
        origin = self._states.alarms.get(cause) or alarm
        reason = f"{origin['AlarmArn']} {because} {state}" if because else _transition(origin)
        data = {
            "triggeringAlarms": [_told(found) for each in verdict.witnesses if (found := self._states.alarms.get(each))]
        }
        if self._states.set(name, state, reason, data):
            self._tell_suppressed(name, alarm["StateValue"], state)
            self._climb(name, (*path, name))

    def _tell_suppressed(self, suppressor: str, old: str, new: str) -> None:
        now, alarms = datetime.now(UTC), self._states.alarms
        for name in alarms.names():
            reference = alarms.value(name, "ActionsSuppressor")
            if reference is not None and name_of(reference) == suppressor:
                alarms.update(name, lambda alarm: _become(alarm, old, new, now, self._states.scale))


def _become(alarm: Document, old: str, new: str, now: datetime, scale: float) -> None:
    wanted = suppression.after_suppressor(alarm, old, new, now, scale)
    alarm.clear()
    alarm.update(wanted)


def _transition(alarm: Document) -> str:
    """As AWS writes it: ``… transitioned to ALARM at Friday 22 July, 2022 15:57:45 UTC``."""
    at = alarm["StateUpdatedTimestamp"]
    return f"{alarm['AlarmArn']} transitioned to {alarm['StateValue']} at {at:%A %d %B, %Y %H:%M:%S} UTC"


def _told(alarm: Document) -> Document:
    state = {"value": alarm["StateValue"], "timestamp": stamp(alarm["StateUpdatedTimestamp"])}
    return {"arn": alarm["AlarmArn"], "state": state}
