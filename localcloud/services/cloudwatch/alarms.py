"""Alarms: put, described, switched, deleted. The evaluator sets their states; SetAlarmState holds until it does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens
from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.alarm_request import alarm_from
from localcloud.services.cloudwatch.base import CloudWatchOperations
from localcloud.services.cloudwatch.evaluation import INSUFFICIENT_DATA
from localcloud.services.cloudwatch.metric_store import epoch_seconds
from localcloud.services.cloudwatch.samples import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.store import Document

_PAGE = 100
_UNCHECKED = "Unchecked: Initial alarm creation"


class Alarms(CloudWatchOperations):
    @operation("PutMetricAlarm")
    def put_metric_alarm(self, _: Call, params: Params) -> Params:
        """Replaces an existing alarm, which keeps its state."""
        name = params["AlarmName"]
        arn = self.cloud.arn("cloudwatch", f"alarm:{name}")
        now = datetime.now(UTC)
        known = self.states.alarms.get(name)
        state = {key: value for key, value in (known or {}).items() if key.startswith("State")} or {
            "StateValue": INSUFFICIENT_DATA,
            "StateReason": _UNCHECKED,
            "StateUpdatedTimestamp": now,
            "StateTransitionedTimestamp": now,
        }
        alarm = alarm_from(params)
        self.states.alarms.put(name, {**alarm, **state, "AlarmArn": arn, "AlarmConfigurationUpdatedTimestamp": now})
        if known is None:
            self.put_tags(arn, params.get("Tags"))
        self._configured(name, "updated" if known else "created", alarm)
        return {}

    @operation("DescribeAlarms")
    def describe_alarms(self, _: Call, params: Params) -> Params:
        _only_metric_alarms(params, "DescribeAlarms")
        known = {"AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix", "MaxRecords", "NextToken"}
        accept_only(params, known, "cloudwatch:DescribeAlarms")
        if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
            raise AwsError("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix exclude each other.")
        found = sorted(
            (alarm for _, alarm in self.states.alarms.items() if _described(alarm, params)),
            key=lambda alarm: alarm["AlarmName"],
        )
        return _page(found, params, "MetricAlarms") | {"CompositeAlarms": [], "LogAlarms": []}

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

    @operation("DescribeAlarmHistory")
    def describe_alarm_history(self, _: Call, params: Params) -> Params:
        _only_metric_alarms(params, "DescribeAlarmHistory")
        known = {
            *("AlarmName", "AlarmTypes", "HistoryItemType", "StartDate", "EndDate"),
            *("MaxRecords", "NextToken", "ScanBy"),
        }
        accept_only(params, known, "cloudwatch:DescribeAlarmHistory")
        found = [line for _, line in self.states.history.items() if _remembered(line, params)]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        return _page(found, params, "AlarmHistoryItems")

    @operation("SetAlarmState")
    def set_alarm_state(self, _: Call, params: Params) -> Params:
        """Sets the state until the next evaluation."""
        self._alarm(params["AlarmName"])
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
        alarms = [self._alarm(name) for name in params["AlarmNames"]]
        for alarm in alarms:
            self.states.alarms.delete(alarm["AlarmName"])
            self.tags.delete(alarm["AlarmArn"])
            self._configured(alarm["AlarmName"], "deleted", {})
        return {}

    def _switch(self, names: Iterable[str], *, enabled: bool) -> Params:
        for name in names:
            if name in self.states.alarms:
                self.states.alarms.update(name, lambda alarm: alarm.update(ActionsEnabled=enabled))
        return {}

    def _alarm(self, name: str) -> Document:
        found = self.states.alarms.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"There is no alarm {name}.", status=404)
        return found

    def _configured(self, name: str, verb: str, alarm: Document) -> None:
        data = {"version": "1.0", "type": verb.removesuffix("d").capitalize(), f"{verb}Alarm": alarm}
        self.states.write_history(name, "ConfigurationUpdate", f'Alarm "{name}" {verb}', data)


def _only_metric_alarms(params: Params, what: str) -> None:
    others = [kind for kind in params.get("AlarmTypes") or [] if kind != "MetricAlarm"]
    if others:
        raise UnsupportedError(f"cloudwatch:{what} with AlarmTypes {', '.join(others)}")


def _described(alarm: Document, params: Params) -> bool:
    actions = [*alarm["OKActions"], *alarm["AlarmActions"], *alarm["InsufficientDataActions"]]
    prefix = params.get("ActionPrefix")
    return (
        (not params.get("AlarmNames") or alarm["AlarmName"] in params["AlarmNames"])
        and alarm["AlarmName"].startswith(params.get("AlarmNamePrefix") or "")
        and params.get("StateValue") in (None, alarm["StateValue"])
        and (not prefix or any(action.startswith(prefix) for action in actions))
    )


def _remembered(line: Document, params: Params) -> bool:
    at = line["Timestamp"].timestamp()
    return (
        params.get("AlarmName") in (None, line["AlarmName"])
        and params.get("HistoryItemType") in (None, line["HistoryItemType"])
        and ("StartDate" not in params or at >= epoch_seconds(params["StartDate"]))
        and ("EndDate" not in params or at <= epoch_seconds(params["EndDate"]))
    )


def _page(found: list[Any], params: Params, answer: str) -> Params:
    shown, more = page_tokens.cut(found, params, params.get("MaxRecords") or _PAGE, code="InvalidNextToken")
    return {answer: shown, **more}
