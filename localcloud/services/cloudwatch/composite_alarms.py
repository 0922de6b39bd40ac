"""Operations on composite alarms alone. What both kinds have in common stands with the metric alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.alarm_records import AlarmRecords
from localcloud.services.cloudwatch.composite_request import composite_from
from localcloud.services.cloudwatch.composite_rules.suppression import HELD

if TYPE_CHECKING:
    from localcloud.platform.store import Document


class CompositeAlarms(AlarmRecords):
    @operation("PutCompositeAlarm")
    def put_composite_alarm(self, _: Call, params: Params) -> Params:
        """Replaces an existing alarm, which keeps its state until its new rule says otherwise."""
        name = params["AlarmName"]
        with self.states.changing:
            alarm = composite_from(params, self.states, self.composites)
            verb = self.put_alarm(alarm, params.get("Tags"), kept=_waiting)
        self.composites.put(name, verb)
        return {}


def _waiting(known: Document, alarm: Params) -> Document:
    """Actions that wait for a suppressor go on waiting for it."""
    same = known.get("ActionsSuppressor") == alarm.get("ActionsSuppressor")
    return {name: known[name] for name in (*HELD, "ExtendedUntil") if same and name in known}
