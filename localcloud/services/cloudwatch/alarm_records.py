"""What operations on metric alarms and on composite ones have in common: how an alarm is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.cloudwatch.alarm_states import type_of
from localcloud.services.cloudwatch.base import CloudWatchOperations
from localcloud.services.cloudwatch.evaluation import INSUFFICIENT_DATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

_UNCHECKED = "Unchecked: Initial alarm creation"


class AlarmRecords(CloudWatchOperations):
    def put_alarm(
        self,
        alarm: Params,
        tags: list[dict[str, str]] | None,
        kept: Callable[[Document, Params], Document] = lambda _, __: {},
    ) -> str:
        """Keeps a new alarm, or replaces one, which keeps its state. Returns ``created`` or ``updated``.

        ``kept``: what a replaced alarm hands on besides.
        """
        name, now = alarm["AlarmName"], datetime.now(UTC)
        arn = self.cloud.arn("cloudwatch", f"alarm:{name}")
        known = self.states.alarms.get(name)
        if known is not None and ("AlarmRule" in known) != ("AlarmRule" in alarm):
            raise AwsError("ValidationError", f"An alarm of another type has the name {name} already.")
        state = {key: value for key, value in (known or {}).items() if key.startswith("State")} or {
            "StateValue": INSUFFICIENT_DATA,
            "StateReason": _UNCHECKED,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        more = {} if known is None else kept(known, alarm)
        put = {**alarm, **state, **more, "AlarmArn": arn, "AlarmConfigurationUpdatedTimestamp": now}
        self.states.alarms.put(name, put)
        if known is None:
            self.put_tags(arn, tags)
        verb = "updated" if known else "created"
        self.configured(name, verb, alarm)
        return verb

    def alarm(self, name: str) -> Document:
        found = self.states.alarms.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"There is no alarm {name}.", status=404)
        return found

    def configured(self, name: str, verb: str, alarm: Document) -> None:
        data = {
            "version": "1.0",
            "type": verb.removesuffix("d").capitalize(),
            f"{verb}Alarm": {} if verb == "deleted" else alarm,
        }
        self.states.write_history(name, "ConfigurationUpdate", f'Alarm "{name}" {verb}', data, type_of(alarm))
