"""Alarms and their history, found by name, kind, state, family and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens
from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.alarm_records import AlarmRecords
from localcloud.services.cloudwatch.alarm_states import type_of
from localcloud.services.cloudwatch.composite_rules.rule import children, parse
from localcloud.services.cloudwatch.metric_store import epoch_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.store import Document

_PAGE = 100
_FAMILY = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_KNOWN = {"AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "ActionPrefix", "MaxRecords", "NextToken"}
#: What AWS says of a composite alarm's children.
_OF_CHILDREN = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
#: What AWS says of the alarms above one.
_OF_PARENTS = ("AlarmName", "AlarmArn")


class AlarmDescriptions(AlarmRecords):
    @operation("DescribeAlarms")
    def describe_alarms(self, _: Call, params: Params) -> Params:
        """Metric alarms, unless AlarmTypes says otherwise; or an alarm's children or parents, in short."""
        accept_only(params, {*_KNOWN, *_FAMILY}, "cloudwatch:DescribeAlarms")
        family = [name for name in _FAMILY if params.get(name)]
        if family:
            return self._family(family[0], params)
        if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
            raise AwsError("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix exclude each other.")
        kinds = _kinds(params)
        found = [alarm for _, alarm in self.states.alarms.items() if type_of(alarm) in kinds]
        return _answer([alarm for alarm in found if _described(alarm, params)], params)

    def _family(self, which: str, params: Params) -> Params:
        others = [name for name in ({*_KNOWN, *_FAMILY} - {which, "MaxRecords", "NextToken"}) if params.get(name)]
        if others:
            raise AwsError("ValidationError", f"{which} cannot be given with {', '.join(sorted(others))}.")
        alarm = self.states.alarms.get(params[which])
        if alarm is None:
            return _answer([], params)
        if which == "ParentsOfAlarmName":
            return self._in_short(self.composites.parents(params[which]), _OF_PARENTS, params)
        if "AlarmRule" in alarm:
            return self._in_short(children(parse(alarm["AlarmRule"])), _OF_CHILDREN, params)
        raise AwsError("ValidationError", f"{params[which]} is no composite alarm, so it has no children.")

    def _in_short(self, names: Iterable[str], members: tuple[str, ...], params: Params) -> Params:
        found = [alarm for name in names if (alarm := self.states.alarms.get(name)) is not None]
        return _answer(found, params, members)

    @operation("DescribeAlarmHistory")
    def describe_alarm_history(self, _: Call, params: Params) -> Params:
        known = {
            *("AlarmName", "AlarmTypes", "HistoryItemType", "StartDate", "EndDate"),
            *("MaxRecords", "NextToken", "ScanBy"),
        }
        accept_only(params, known, "cloudwatch:DescribeAlarmHistory")
        found = [line for _, line in self.states.history.items() if _remembered(line, params)]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        shown, more = _page(found, params)
        return {"AlarmHistoryItems": shown, **more}


def _kinds(params: Params) -> list[str]:
    return params.get("AlarmTypes") or ["MetricAlarm"]


def _answer(found: list[Document], params: Params, members: tuple[str, ...] | None = None) -> Params:
    """Alarms by kind, in the order of their names. ``members``: what is said of each, by default all."""
    shown, more = _page(sorted(found, key=lambda alarm: str(alarm["AlarmName"])), params)
    told = {"CompositeAlarms": "CompositeAlarm", "MetricAlarms": "MetricAlarm"}
    return {
        "LogAlarms": [],
        **{
            answer: [{name: alarm[name] for name in members or alarm} for alarm in shown if type_of(alarm) == kind]
            for answer, kind in told.items()
        },
        **more,
    }


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
        line["AlarmType"] in _kinds(params)
        and params.get("AlarmName") in (None, line["AlarmName"])
        and params.get("HistoryItemType") in (None, line["HistoryItemType"])
        and ("StartDate" not in params or at >= epoch_seconds(params["StartDate"]))
        and ("EndDate" not in params or at <= epoch_seconds(params["EndDate"]))
    )


def _page(found: list[Any], params: Params) -> tuple[list[Any], Params]:
    return page_tokens.cut(found, params, params.get("MaxRecords") or _PAGE, code="InvalidNextToken")
