"""The messages that topics and EventBridge get when an alarm changes, in CloudWatch's formats."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.alarm_request import (
    datapoints_to_alarm,
    period_of,
    statistic_of,
    treat_missing_data,
)

if TYPE_CHECKING:
    from localcloud.platform.store import Document

#: Region → its name in CloudWatch's messages. Other regions appear by their code.
_REGION_NAMES = {"us-east-1": "US East (N. Virginia)", "eu-central-1": "EU (Frankfurt)", "eu-west-1": "EU (Ireland)"}
_SUBJECT_LIMIT = 100
_STATISTICS = {"SampleCount": "SAMPLE_COUNT"}


def subject(alarm: Document, region: str) -> str:
    place = _REGION_NAMES.get(region, region)
    return f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {place}'[:_SUBJECT_LIMIT]


def message(before: Document, after: Document, *, account_id: str) -> str:
    """The JSON that CloudWatch publishes."""
    region = after["AlarmArn"].split(":")[3]
    return json.dumps(
        {
            "AlarmName": after["AlarmName"],
            "AlarmDescription": after.get("AlarmDescription"),
            "AWSAccountId": account_id,
            "AlarmConfigurationUpdatedTimestamp": stamp(after["AlarmConfigurationUpdatedTimestamp"]),
            "NewStateValue": after["StateValue"],
            "NewStateReason": after["StateReason"],
            "StateChangeTime": stamp(after["StateUpdatedTimestamp"]),
            "Region": _REGION_NAMES.get(region, region),
            "AlarmArn": after["AlarmArn"],
            "OldStateValue": before["StateValue"],
            **{kind: after[kind] for kind in ("OKActions", "AlarmActions", "InsufficientDataActions")},
            **(_composite(after) if "AlarmRule" in after else {"Trigger": _trigger(after)}),
        }
    )


def _composite(alarm: Document) -> Document:
    """The rule, and the children whose states made it hold or not."""
    triggering = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", [])
    told = [
        {"Arn": each["arn"], "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]}}
        for each in triggering
    ]
    return {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": told}


def event_detail(before: Document, after: Document) -> Document:
    """The detail of a ``CloudWatch Alarm State Change``."""
    return {
        "alarmName": after["AlarmName"],
        "state": _event_state(after),
        "previousState": _event_state(before),
        "configuration": _composite_configuration(after) if "AlarmRule" in after else _configuration(after),
    }


def _configuration(alarm: Document) -> Document:
    return {
        "description": alarm.get("AlarmDescription", ""),
        "metrics": [_event_metric(query) for query in alarm.get("Metrics") or [_as_query(alarm)]],
    }


def _composite_configuration(alarm: Document) -> Document:
    told = (
        *(("description", "AlarmDescription"), ("alarmRule", "AlarmRule"), ("actionsSuppressor", "ActionsSuppressor")),
        ("actionsSuppressorWaitPeriod", "ActionsSuppressorWaitPeriod"),
        ("actionsSuppressorExtensionPeriod", "ActionsSuppressorExtensionPeriod"),
    )
    return {name: alarm[member] for name, member in told if member in alarm}


def _as_query(alarm: Document) -> Document:
    """The query that an alarm on one metric is."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": alarm["Period"], "Stat": statistic_of(alarm)}}


def _event_metric(query: Document) -> Document:
    found: Document = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        found["expression"] = query["Expression"]
    if "Label" in query:
        found["label"] = query["Label"]
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        found["metricStat"] = {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []},
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
        }
    return found


def _event_state(alarm: Document) -> Document:
    suppressed = ("actionsSuppressedBy", "ActionsSuppressedBy"), ("actionsSuppressedReason", "ActionsSuppressedReason")
    return {
        **{name: alarm[member] for name, member in suppressed if member in alarm},
        "value": alarm["StateValue"],
        "reason": alarm["StateReason"],
        "reasonData": alarm.get("StateReasonData", "{}"),
        "timestamp": stamp(alarm["StateUpdatedTimestamp"]),
    }


def stamp(time: datetime) -> str:
    """As ``2026-11-21T12:00:00.000+0000``."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"


def read_stamp(text: str) -> float:
    """A stamp's seconds since the epoch."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def _trigger(alarm: Document) -> Document:
    return {
        **({"Metrics": [_told(query) for query in alarm["Metrics"]]} if "Metrics" in alarm else _one_metric(alarm)),
        "Period": period_of(alarm),
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": datapoints_to_alarm(alarm),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": treat_missing_data(alarm),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }


def _one_metric(alarm: Document) -> Document:
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {
            "StatisticType": "Statistic",
            "Statistic": _STATISTICS.get(alarm["Statistic"], alarm["Statistic"].upper()),
        }
    )
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": _told_dimensions(alarm),
    }


def _told(query: Document) -> Document:
    found = {**query, "ReturnData": query.get("ReturnData", True)}
    if stat := query.get("MetricStat"):
        metric = {**stat["Metric"], "Dimensions": _told_dimensions(stat["Metric"])}
        found["MetricStat"] = {**stat, "Metric": metric}
    return found


def _told_dimensions(metric: Document) -> list[Document]:
    return [{"name": each["Name"], "value": each["Value"]} for each in metric.get("Dimensions") or []]
