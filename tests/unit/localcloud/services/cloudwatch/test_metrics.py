"""What CloudWatch's metrics, alarms and dashboards answer, as AWS does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.cloudwatch.service import CloudWatch
from tests.unit.localcloud.services.calls import call

NOW = datetime.now(UTC)
CALL = call("monitoring")
ALARM = {
    "AlarmName": "slow",
    "MetricName": "Latency",
    "Namespace": "N",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture
def cloudwatch(cloud: Cloud) -> CloudWatch:
    return CloudWatch(cloud)


def query(statistic: str, **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "N", "MetricName": "Latency"}
    return {"Id": statistic.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}, **more}


def data(cloudwatch: CloudWatch, *queries: dict[str, Any], minutes: int = 10) -> list[dict[str, Any]]:
    asked = {
        "MetricDataQueries": list(queries),
        "StartTime": NOW - timedelta(minutes=minutes),
        "EndTime": NOW + timedelta(minutes=1),
    }
    found: list[dict[str, Any]] = cloudwatch.get_metric_data(CALL, asked)["MetricDataResults"]
    return found


def put(cloudwatch: CloudWatch, *pairs: tuple[float, str]) -> None:
    told = [{"MetricName": "Latency", "Value": value, "Unit": unit, "Timestamp": NOW} for value, unit in pairs]
    cloudwatch.put_metric_data(CALL, {"Namespace": "N", "MetricData": told})


def refused(code: str, operation: Any, **params: Any) -> str:
    with pytest.raises(AwsError) as found:
        operation(CALL, params)
    assert found.value.code == code
    return found.value.message


def test_each_unit_has_its_own_statistics(cloudwatch: CloudWatch) -> None:
    """Without a unit, GetMetricStatistics answers one datapoint for each."""
    put(cloudwatch, (2, "Seconds"), (4, "Seconds"), (7, "Bytes"))
    asked = {
        "Namespace": "N",
        "MetricName": "Latency",
        "Period": 60,
        "Statistics": ["Average"],
        "StartTime": NOW - timedelta(minutes=5),
        "EndTime": NOW + timedelta(minutes=1),
    }
    found = {each["Unit"]: each["Average"] for each in cloudwatch.get_metric_statistics(CALL, asked)["Datapoints"]}
    assert found == {"Seconds": 3, "Bytes": 7}
    (one,) = cloudwatch.get_metric_statistics(CALL, {**asked, "Unit": "Bytes"})["Datapoints"]
    assert one["Average"] == 7


def test_statistics_of_one_metric_are_told_apart_by_their_labels(cloudwatch: CloudWatch) -> None:
    """Alone, a result has the metric's name; a label that is given stands."""
    put(cloudwatch, (2, "None"))
    assert [each["Label"] for each in data(cloudwatch, query("Sum"))] == ["Latency"]
    two = data(cloudwatch, query("Sum"), query("Average", Label="mean"), query("Maximum"))
    assert [each["Label"] for each in two] == ["Latency Sum", "mean", "Latency Maximum"]


def test_the_two_operations_have_limits_of_their_own(cloudwatch: CloudWatch) -> None:
    """1,440 datapoints for one, 100,800 for the other; and each says of times in its own way that they are wrong."""
    assert data(cloudwatch, query("Sum"), minutes=2880) == [
        {"Id": "sum", "Label": "Latency", "Timestamps": [], "Values": [], "StatusCode": "Complete"}
    ]
    two_days = {"StartTime": NOW - timedelta(days=2), "EndTime": NOW}
    one = {"Namespace": "N", "MetricName": "Latency", "Period": 60, "Statistics": ["Sum"]}
    message = refused("InvalidParameterCombination", cloudwatch.get_metric_statistics, **one, **two_days)
    assert "up to 2880 datapoints, which exceeds the limit of 1440" in message
    never = {"StartTime": NOW, "EndTime": NOW}
    refused("InvalidParameterValue", cloudwatch.get_metric_statistics, **one, **never)
    refused("ValidationError", cloudwatch.get_metric_data, MetricDataQueries=[query("Sum")], **never)


def test_what_is_malformed_is_named(cloudwatch: CloudWatch) -> None:
    """In AWS's words, never as an error of the server."""
    both = {"MetricName": "m", "Value": 1.0, "Values": [1.0, 2.0]}
    message = refused("InvalidParameterCombination", cloudwatch.put_metric_data, Namespace="N", MetricData=[both])
    assert message == (
        "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have "
        "specified both."
    )
    refused("InvalidNextToken", cloudwatch.list_metrics, NextToken="yonder")
    refused("InvalidNextToken", cloudwatch.describe_alarms, NextToken="\u00b2")
    refused("ValidationError", cloudwatch.put_metric_alarm, **ALARM, AlarmActions=["arn:nothing"])
    refused(
        "ValidationError",
        cloudwatch.get_metric_data,
        MetricDataQueries=[{"Id": "a"}],
        StartTime=NOW - timedelta(hours=1),
        EndTime=NOW,
    )
    refused("InvalidParameterValue", cloudwatch.put_dashboard, DashboardName="two words", DashboardBody="{}")


def test_an_alarm_is_described_as_it_was_put(cloudwatch: CloudWatch) -> None:
    """What was not given is not there, though it has a default. Its tags may be asked for when it is gone."""
    cloudwatch.put_metric_alarm(CALL, ALARM)
    (alarm,) = cloudwatch.describe_alarms(CALL, {"AlarmNames": ["slow"]})["MetricAlarms"]
    assert not {"DatapointsToAlarm", "TreatMissingData"} & alarm.keys()
    cloudwatch.put_metric_alarm(CALL, {**ALARM, "DatapointsToAlarm": 2, "TreatMissingData": "ignore"})
    (alarm,) = cloudwatch.describe_alarms(CALL, {"AlarmNames": ["slow"]})["MetricAlarms"]
    assert (alarm["DatapointsToAlarm"], alarm["TreatMissingData"]) == (2, "ignore")
    cloudwatch.delete_alarms(CALL, {"AlarmNames": ["slow"]})
    assert cloudwatch.list_tags_for_resource(CALL, {"ResourceARN": alarm["AlarmArn"]}) == {"Tags": []}


def test_expressions_are_answered_beside_metrics(cloudwatch: CloudWatch) -> None:
    """An expression has its Id as label, and an array one result for each metric; what is not returned is used only."""
    put(cloudwatch, (2, "None"), (4, "None"))
    found = data(
        cloudwatch,
        query("Sum", ReturnData=False),
        query("Maximum", Label="most"),
        {"Id": "rest", "Expression": "sum - maximum"},
        {"Id": "all", "Expression": "METRICS() * 10", "Label": "ten"},
    )
    assert [(each["Id"], each["Label"], each["Values"]) for each in found] == [
        ("maximum", "most", [4]),
        ("rest", "rest", [2]),
        ("all", "ten Latency", [60]),
        ("all", "ten most", [40]),
    ]
    assert found[0]["Timestamps"] == found[1]["Timestamps"]


MATH = {
    **{name: ALARM[name] for name in ("AlarmName", "EvaluationPeriods", "Threshold", "ComparisonOperator")},
    "Metrics": [
        {"Id": "share", "Expression": "100 * sum / samplecount", "Label": "share"},
        query("Sum", ReturnData=False),
        query("SampleCount", ReturnData=False),
    ],
}


def test_an_alarm_on_an_expression_is_described_as_it_was_put(cloudwatch: CloudWatch) -> None:
    """Metrics stand instead of one metric's members."""
    cloudwatch.put_metric_alarm(CALL, MATH)
    (alarm,) = cloudwatch.describe_alarms(CALL, {})["MetricAlarms"]
    assert alarm["Metrics"] == MATH["Metrics"]
    assert not {"MetricName", "Namespace", "Period", "Statistic"} & alarm.keys()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"MetricName": "Latency"}, "cannot have MetricName"),
        ({"Metrics": [query("Sum"), query("Maximum")]}, "Exactly one element of the metrics list should return data."),
        ({"Metrics": [query("Sum", ReturnData=False)]}, "Exactly one element of the metrics list should return data."),
        ({"Metrics": [{"Id": "e", "Expression": "METRICS()"}, query("Sum", ReturnData=False)]}, "not an array"),
        ({"Metrics": [{"Id": "e", "Expression": "SUM(sum)"}, query("Sum", ReturnData=False)]}, "is a number"),
        ({"Metrics": [{"Id": "e", "Expression": "TIME_SERIES(1)"}]}, "Period must not be null"),
        (
            {
                "Metrics": [
                    {"Id": "e", "Expression": "SUM(METRICS())"},
                    *({**query("Sum", ReturnData=False), "Id": f"m{number}"} for number in range(11)),
                ]
            },
            "more than 10 individual metrics",
        ),
    ],
)
def test_what_an_alarm_on_an_expression_may_not_be(cloudwatch: CloudWatch, changes: dict[str, Any], words: str) -> None:
    """One query is watched, it is a single time series, and nothing of one metric stands beside Metrics."""
    assert words in refused("ValidationError", cloudwatch.put_metric_alarm, **{**MATH, **changes})
