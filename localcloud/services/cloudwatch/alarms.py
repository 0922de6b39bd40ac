"""Alarms: put, described, switched, deleted. The evaluator sets their states; SetAlarmState holds until it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.alarm_records import AlarmRecords
from localcloud.services.cloudwatch.alarm_request import alarm_from
from localcloud.services.cloudwatch.samples import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.store import Document


class Alarms(AlarmRecords):
    @operation("PutMetricAlarm")
    def put_metric_alarm(self, _: Call, params: Params) -> Params:
        """Replaces an existing alarm, which keeps its state."""
        self.put_alarm(alarm_from(params), params.get("Tags"))
        return {}

    @operation("DescribeAlarmsForMetric")
    def describe_alarms_for_metric(self, _: Call, params: Params) -> Params:
        metric = Metric.of(params)
        asked = ("Statistic", "ExtendedStatistic", "Period", "Unit")
        found = [
            alarm
            for _, alarm in self.states.alarms.items()
            if Metric.of(alarm) == metric and all(params.get(name) in (None, alarm.get(name)) for name in asked)
        ]
        return {"MetricAlarms": found}

    @operation("SetAlarmState")
    def set_alarm_state(self, _: Call, params: Params) -> Params:
        """Sets the state until the next evaluation."""
        self.alarm(params["AlarmName"])
        try:
            data = json.loads(params.get("StateReasonData") or "{}")
        except ValueError as error:
            raise AwsError("InvalidFormat", f"StateReasonData is not JSON: {error}") from error
        self.states.change(params["AlarmName"], params["StateValue"], params["StateReason"], data)
        return {}

    @operation("EnableAlarmActions")
    def enable_alarm_actions(self, _: Call, params: Params) -> Params:
        return self._switch(params["AlarmNames"], enabled=True)

    @operation("DisableAlarmActions")
    def disable_alarm_actions(self, _: Call, params: Params) -> Params:
        return self._switch(params["AlarmNames"], enabled=False)

    @operation("DeleteAlarms")
    def delete_alarms(self, _: Call, params: Params) -> Params:
        """Deletes all or none: like AWS, it deletes nothing where one of the names is unknown."""
        with self.states.changing:
            alarms = [self.alarm(name) for name in params["AlarmNames"]]
            self._check_deletion(alarms)
            for alarm in alarms:
                self.states.alarms.delete(alarm["AlarmName"])
                self.tags.delete(alarm["AlarmArn"])
                self.configured(alarm["AlarmName"], "deleted", alarm)
        return {}

    def _check_deletion(self, alarms: list[Document]) -> None:
        """One composite alarm at most, and nothing that one needs that stays."""
        names = [alarm["AlarmName"] for alarm in alarms]
        composite = [alarm["AlarmName"] for alarm in alarms if "AlarmRule" in alarm]
        if len(composite) > 1:
            raise AwsError(
                "ValidationError", f"One composite alarm can be deleted at a time, not {', '.join(composite)}."
            )
        needed = [name for name in names if set(self.composites.parents(name)) - set(names)]
        if needed:
            what = "it" if len(needed) == 1 else "them"
            raise AwsError(
                "ValidationError",
                f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on {what}.",
            )

    def _switch(self, names: Iterable[str], *, enabled: bool) -> Params:
        for name in names:
            if name in self.states.alarms:
                self.states.alarms.update(name, lambda alarm: alarm.update(ActionsEnabled=enabled))
        return {}
