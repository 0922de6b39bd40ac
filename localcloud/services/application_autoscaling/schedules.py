"""Scheduled actions: at their time they set a target's bounds, and the capacity moves into them.

``at`` is a time of the clock on the wall; a ``rate`` runs on the local cloud's time scale. ``cron`` is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from localcloud.platform.agenda import Again, Agenda
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.application_autoscaling.decisions import check_bounds
from localcloud.services.application_autoscaling.dimensions import dimension_of
from localcloud.services.application_autoscaling.records import key_of

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.records import Records
    from localcloud.services.application_autoscaling.scaler import Scaler

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Once at a time, or again and again after a period of AWS's seconds."""

    at: datetime | None = None
    period_seconds: float = 0.0


def read_schedule(expression: str, timezone: str) -> Schedule:
    """Raises AwsError for what is no schedule, UnsupportedError for cron and for other time zones than UTC."""
    if timezone not in ("UTC", "Etc/UTC"):
        raise UnsupportedError(f"application-autoscaling:PutScheduledAction with Timezone {timezone}")
    if expression.startswith("cron("):
        raise UnsupportedError(f"application-autoscaling:PutScheduledAction with the schedule {expression}")
    try:
        if at := _AT.fullmatch(expression):
            return Schedule(at=datetime.fromisoformat(at[1]).replace(tzinfo=UTC))
        if (rate := _RATE.fullmatch(expression)) and int(rate[1]) > 0:
            return Schedule(period_seconds=timedelta(**{f"{rate[2]}s": int(rate[1])}).total_seconds())
    except ValueError as error:
        raise AwsError("ValidationException", f"Schedule {expression} is not valid: {error}.") from error
    raise AwsError("ValidationException", f"Schedule {expression} is none of at(…), rate(…) and cron(…).")


class Schedules:
    def __init__(self, cloud: Cloud, records: Records, scaler: Scaler) -> None:
        self._scale = cloud.settings.time_scale
        self._records = records
        self._scaler = scaler
        self._agenda = Agenda(cloud.store.table("application_autoscaling.schedule"), self._carry_out)
        self.start = self._agenda.start
        self.stop = self._agenda.stop

    def put(self, key: str, action: Document) -> None:
        schedule = read_schedule(action["Schedule"], action["Timezone"])
        first = schedule.at or action.get("StartTime")
        after = (
            max(0.0, (first - datetime.now(UTC)).total_seconds()) if first else schedule.period_seconds / self._scale
        )
        self._agenda.put({}, key=key, after_seconds=after)

    def remove(self, key: str) -> None:
        self._agenda.remove(key)

    def _carry_out(self, key: str, document: Document) -> Again | None:
        action = self._records.scheduled.get(key)
        target = self._records.targets.get(key_of(action)) if action else None
        if action is None or target is None or _over(action):
            return None
        if not target["SuspendedState"]["ScheduledScalingSuspended"]:
            self._set_bounds(action, target)
        period = read_schedule(action["Schedule"], action["Timezone"]).period_seconds
        return Again(after_seconds=period / self._scale, document=document) if period else None

    def _set_bounds(self, action: Document, target: Document) -> None:
        wanted = action.get("ScalableTargetAction", {})
        bounds = {name: wanted.get(name, target[name]) for name in ("MinCapacity", "MaxCapacity")}
        words = f"min capacity to {bounds['MinCapacity']} and max capacity to {bounds['MaxCapacity']}"
        facts = {
            "Description": f"Setting {words}",
            "Cause": f"scheduled action name {action['ScheduledActionName']} was triggered",
            "EndTime": datetime.now(UTC),
        }
        try:
            check_bounds(bounds["MinCapacity"], bounds["MaxCapacity"], dimension_of(target).least)
        except AwsError as error:
            message = f"Failed to set {words}. Reason: {error}"
            self._records.add_activity(target, **facts, StatusCode="Failed", StatusMessage=message)
            return
        self._records.targets.update(key_of(target), lambda known: known.update(bounds))
        self._records.add_activity(target, **facts, StatusCode="Successful", StatusMessage=f"Successfully set {words}")
        self._scaler.hold_bounds(key_of(target))


def _over(action: Document) -> bool:
    return "EndTime" in action and action["EndTime"] < datetime.now(UTC)
