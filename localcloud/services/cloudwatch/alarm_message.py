"""The messages that topics and EventBridge get when an alarm changes, in CloudWatch's formats."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.alarm_request import datapoints_to_alarm, treat_missing_data

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
            "Trigger": _trigger(after),
        }
    )


def event_detail(before: Document, after: Document) -> Document:
    """The detail of a ``CloudWatch Alarm State Change``."""
    metric = {
        "namespace": after["Namespace"],
        "name": after["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in after["Dimensions"]},
    }
    stat = {"metric": metric, "period": after["Period"], "stat": after.get("ExtendedStatistic") or after["Statistic"]}
    return {
        "alarmName": after["AlarmName"],
        "state": _event_state(after),
        "previousState": _event_state(before),
        "configuration": {
            "description": after.get("AlarmDescription", ""),
            "metrics": [{"id": "m1", "metricStat": stat, "returnData": True}],
        },
    }


def _event_state(alarm: Document) -> Document:
    return {
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
        "Dimensions": [{"name": each["Name"], "value": each["Value"]} for each in alarm["Dimensions"]],
        "Period": alarm["Period"],
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        "DatapointsToAlarm": datapoints_to_alarm(alarm),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": treat_missing_data(alarm),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
