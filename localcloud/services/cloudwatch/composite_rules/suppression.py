"""When a composite alarm's actions wait for its suppressor.

A change of state waits for the suppressor to go into ALARM. If it does, the actions wait until it has been out of ALARM
for the extension period. What is then done are the actions of the state that the alarm has by now, unless it is the one
that was told before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.evaluation import ALARM

if TYPE_CHECKING:
    from localcloud.platform.store import Document

#: What a hold writes into an alarm. The last two are the local cloud's own: no answer has them.
HELD = ("ActionsSuppressedBy", "ActionsSuppressedReason", "HeldUntil", "ToldState")


def holds(alarm: Document) -> bool:
    return "ActionsSuppressedBy" in alarm


def is_due(alarm: Document, now: datetime) -> bool:
    """Whether actions have waited long enough."""
    return holds(alarm) and "HeldUntil" in alarm and now >= alarm["HeldUntil"]


def released(alarm: Document) -> Document:
    return {name: value for name, value in alarm.items() if name not in HELD}


def held(before: Document, after: Document, suppressor_state: str | None, now: datetime, scale: float) -> Document:
    """``after`` with what a change of state means for its actions. Without a suppressor, nothing."""
    if "ActionsSuppressor" not in after:
        return after
    told = str(before.get("ToldState", before["StateValue"]))
    if holds(before) and told == after["StateValue"]:
        return released(after)
    if holds(before):
        return after
    if suppressor_state == ALARM:
        return _with(after, "Alarm", told, None)
    if now < after.get("ExtendedUntil", now):
        return _with(after, "ExtensionPeriod", told, after["ExtendedUntil"])
    wait = after["ActionsSuppressorWaitPeriod"]
    return _with(after, "WaitPeriod", told, now + timedelta(seconds=wait / scale)) if wait else after


def after_suppressor(alarm: Document, old: str, new: str, now: datetime, scale: float) -> Document:
    """The alarm after a change of its suppressor's state."""
    if new == ALARM:
        return _with(alarm, "Alarm", alarm["ToldState"], None) if holds(alarm) else alarm
    if old != ALARM:
        return alarm
    until = now + timedelta(seconds=alarm["ActionsSuppressorExtensionPeriod"] / scale)
    extended = {**alarm, "ExtendedUntil": until}
    return _with(extended, "ExtensionPeriod", alarm["ToldState"], until) if holds(alarm) else extended


def _with(alarm: Document, by: str, told: str, until: datetime | None) -> Document:
    return {
        **released(alarm),
        "ActionsSuppressedBy": by,
        "ActionsSuppressedReason": f"Actions suppressed by {by}",
        "ToldState": told,
        **({} if until is None else {"HeldUntil": until}),
    }
