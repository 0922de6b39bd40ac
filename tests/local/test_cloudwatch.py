"""CloudWatch by boto3: what was put is read back, and alarms go off by what was measured."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.events_heard import Heard
from tests.clouds import LocalCloud
from tests.local.test_lambda import received
from tests.waiting import until

pytestmark = pytest.mark.local

NAMESPACE = "Tests/Shop"
#: A minute of an alarm is a fifth of a second here.
TIME_SCALE = 300


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALCLOUD_TIME_SCALE", str(TIME_SCALE))
        cloud = LocalCloud.up(tmp_path_factory.mktemp("cloudwatch"))
    yield cloud
    cloud.down()


@pytest.fixture
def cloudwatch(cloud: LocalCloud) -> Any:
    return cloud.client("cloudwatch")


@pytest.fixture
def metric() -> str:
    return f"Orders-{uuid.uuid4().hex[:8]}"


def put(cloudwatch: Any, metric: str, **datum: Any) -> None:
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": metric, **datum}])


def put_alarm(cloudwatch: Any, metric: str, *, prefix: str = "alarm", **changes: Any) -> str:
    name = f"{prefix}-{metric}"
    alarm = {
        "Namespace": NAMESPACE,
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        **changes,
    }
    cloudwatch.put_metric_alarm(AlarmName=name, **{key: value for key, value in alarm.items() if value is not None})
    return name


def described(cloudwatch: Any, name: str) -> Any:
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]


def state(cloudwatch: Any, name: str) -> str:
    found: str = described(cloudwatch, name)["StateValue"]
    return found


def keep_putting(cloudwatch: Any, metric: str, value: float, alarm: str, wanted: str) -> None:
    """Puts a value again and again until the alarm has the state."""
    until(
        lambda: put(cloudwatch, metric, Value=value) or state(cloudwatch, alarm),
        lambda found: found == wanted,
        what=f"{alarm} in {wanted}",
    )


def until_state(cloudwatch: Any, alarm: str, wanted: str) -> None:
    """Returns once the alarm has the state."""
    until(lambda: state(cloudwatch, alarm), lambda found: found == wanted, what=f"{alarm} in {wanted}")


def topic_with_queue(cloud: LocalCloud, name: str) -> tuple[str, str]:
    """The ARN of a topic, and the address of a queue that gets what is published there."""
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic: str = sns.create_topic(Name=name)["TopicArn"]
    queue: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, queue


def read(cloudwatch: Any, metric: str, **more: Any) -> list[Any]:
    now = datetime.now(UTC)
    return cloudwatch.get_metric_statistics(  # type: ignore[no-any-return]
        Namespace=NAMESPACE,
        MetricName=metric,
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=1),
        **{"Period": 3600, "Statistics": ["SampleCount", "Sum", "Average", "Minimum", "Maximum"], **more},
    )["Datapoints"]


def test_what_was_put_is_read_back_by_statistic(cloudwatch: Any, metric: str) -> None:
    """Single values, values with counts and statistic sets add up; a percentile counts every value."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    put(cloudwatch, metric, Timestamp=at, Value=10.0)
    put(cloudwatch, metric, Timestamp=at, Values=[1.0, 2.0], Counts=[97.0, 1.0])
    (found,) = read(cloudwatch, metric, ExtendedStatistics=["p50", "p99", "p99.9"])
    assert {name: found[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum")} == {
        "SampleCount": 99,
        "Sum": 109,
        "Minimum": 1,
        "Maximum": 10,
    }
    assert found["ExtendedStatistics"] == {"p50": 1, "p99": 10, "p99.9": 10}
    put(
        cloudwatch,
        metric,
        Timestamp=at,
        StatisticValues={"SampleCount": 2, "Sum": 30, "Minimum": 10, "Maximum": 20},
    )
    (found,) = read(cloudwatch, metric, ExtendedStatistics=["p99"])
    assert found["SampleCount"] == 101
    assert found["Maximum"] == 20
    assert "ExtendedStatistics" not in found  # of a statistic set nobody knows the values


def test_metric_data_answers_each_query(cloudwatch: Any, metric: str) -> None:
    """Two queries get their values by minutes, newest first, and the metric is listed by its dimensions."""
    now = datetime.now(UTC).replace(second=30)
    dimensions = [{"Name": "Shop", "Value": "north"}, {"Name": "Till", "Value": "1"}]
    for minutes, value in ((3, 1.0), (3, 3.0), (2, 7.0)):
        put(cloudwatch, metric, Dimensions=dimensions, Timestamp=now - timedelta(minutes=minutes), Value=value)
    asked = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions[::-1]}
    results = cloudwatch.get_metric_data(
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
        MetricDataQueries=[
            {"Id": stat.lower(), "MetricStat": {"Metric": asked, "Period": 60, "Stat": stat}}
            for stat in ("Average", "Sum")
        ],
    )["MetricDataResults"]
    assert [(result["Id"], result["Values"]) for result in results] == [("average", [7.0, 2.0]), ("sum", [7.0, 4.0])]
    listed = cloudwatch.list_metrics(Namespace=NAMESPACE, Dimensions=[{"Name": "Till", "Value": "1"}])["Metrics"]
    assert [each["MetricName"] for each in listed if each["MetricName"] == metric] == [metric]


def test_a_large_put_may_come_compressed(cloudwatch: Any, metric: str) -> None:
    """botocore packs a PutMetricData of more than 10 KB."""
    data = [{"MetricName": metric, "Dimensions": [{"Name": "n", "Value": str(n)}], "Value": n} for n in range(300)]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    assert len(cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName=metric)["Metrics"]) == 300


def test_an_alarm_goes_off_and_calms_down(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """INSUFFICIENT_DATA → ALARM → OK by real data; history has each, and the topic that lets CloudWatch in is told."""
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic, queue = topic_with_queue(cloud, f"told-{metric}")
    alarm = put_alarm(cloudwatch, metric, AlarmActions=[topic], AlarmDescription="Too many orders")
    assert state(cloudwatch, alarm) == "INSUFFICIENT_DATA"
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps(_lets_in("cloudwatch.amazonaws.com", topic, described(cloudwatch, alarm))),
    )
    keep_putting(cloudwatch, metric, 100, alarm, "ALARM")
    keep_putting(cloudwatch, metric, 0, alarm, "OK")

    told = json.loads(json.loads(received(sqs, queue)["Body"])["Message"])
    assert (told["AlarmName"], told["OldStateValue"], told["NewStateValue"]) == (alarm, "INSUFFICIENT_DATA", "ALARM")
    assert told["Trigger"]["MetricName"] == metric
    lines = cloudwatch.describe_alarm_history(AlarmName=alarm, ScanBy="TimestampAscending")["AlarmHistoryItems"]
    assert [line["HistorySummary"] for line in lines] == [
        f'Alarm "{alarm}" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {topic}",
        "Alarm updated from ALARM to OK",
    ]


def _lets_in(service: str, topic: str, alarm: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {"ArnEquals": {"aws:SourceArn": alarm["AlarmArn"]}},
            }
        ],
    }


def test_a_topic_that_does_not_let_cloudwatch_in_is_not_told(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """A topic's own policy decides, and the alarm's history has the refusal; the default one lets CloudWatch in."""
    topic = cloud.client("sns").create_topic(Name=metric)["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    alarm = put_alarm(cloudwatch, metric, AlarmActions=[topic])
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test says so")
    (line,) = cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")["AlarmHistoryItems"]
    assert line["HistorySummary"] == f"Failed to execute action {topic}"
    assert "not authorized to perform: sns:Publish" in line["HistoryData"]


def test_eventbridge_hears_of_an_alarm(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """A change of state is an event with both states and the metric."""
    heard = Heard(cloud, metric, {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}})
    alarm = put_alarm(cloudwatch, metric)
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="the test says so")
    (event,) = until(heard.events, what="the alarm's event")
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    detail = event["detail"]
    assert (detail["alarmName"], detail["state"]["reason"]) == (alarm, "the test says so")
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert detail["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == metric


def test_an_alarm_watches_an_expression(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """A share of two metrics decides; topic's message, event and reason have the expression's."""
    sqs, name = cloud.client("sqs"), f"share-{metric}"
    rings = {"alarmName": [name], "state": {"value": ["ALARM"]}}
    heard = Heard(cloud, metric, {"source": ["aws.cloudwatch"], "detail": rings})
    topic, queue = topic_with_queue(cloud, f"told-{metric}")
    counts = [
        {
            "Id": stat.lower(),
            "MetricStat": {"Metric": {"Namespace": NAMESPACE, "MetricName": metric}, "Period": 60, "Stat": stat},
            "ReturnData": False,
        }
        for stat in ("Sum", "SampleCount")
    ]
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Metrics=[{"Id": "share", "Expression": "100 * sum / samplecount", "Label": "percent"}, *counts],
        EvaluationPeriods=1,
        Threshold=50,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[topic],
    )
    keep_putting(cloudwatch, metric, 0, name, "OK")
    keep_putting(cloudwatch, metric, 1, name, "ALARM")
    found = described(cloudwatch, name)
    assert "greater than the threshold (50.0)" in found["StateReason"]
    data = json.loads(found["StateReasonData"])
    assert (data["period"], "statistic" in data) == (60, False)
    told = json.loads(json.loads(received(sqs, queue)["Body"])["Message"])
    assert told["Trigger"]["Metrics"][0]["Expression"] == "100 * sum / samplecount"
    assert told["Trigger"]["Metrics"][1]["MetricStat"]["Metric"]["MetricName"] == metric
    (event,) = until(heard.events, what="the alarm's event")
    assert [each["id"] for each in event["detail"]["configuration"]["metrics"]] == ["share", "sum", "samplecount"]


def test_a_composite_alarm_tells_of_its_children(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """A child's change makes its own: a topic and EventBridge hear of both states, the rule and the child."""
    sqs, name = cloud.client("sqs"), f"composite-{metric}"
    rings = {"alarmName": [name], "state": {"value": ["ALARM"]}}
    heard = Heard(cloud, metric, {"source": ["aws.cloudwatch"], "detail": rings})
    topic, queue = topic_with_queue(cloud, f"told-{metric}")
    child = put_alarm(cloudwatch, metric, TreatMissingData="ignore")
    rule = f'ALARM("{child}") AND TRUE'
    tags = [{"Key": "team", "Value": "shop"}]
    cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, AlarmActions=[topic], Tags=tags)
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (found["AlarmRule"], found["StateValue"]) == (rule, "OK")
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == tags
    keep_putting(cloudwatch, metric, 100, child, "ALARM")
    told = json.loads(json.loads(received(sqs, queue)["Body"])["Message"])
    assert (told["AlarmName"], told["AlarmRule"], told["NewStateValue"]) == (name, rule, "ALARM")
    assert [each["Arn"].split(":")[-1] for each in told["TriggeringChildren"]] == [child]
    (event,) = until(heard.events, what="the composite alarm's event")
    assert event["detail"]["previousState"]["value"] == "OK"
    assert event["detail"]["configuration"] == {"alarmRule": rule}
    with pytest.raises(ClientError, match="depending on it"):
        cloudwatch.delete_alarms(AlarmNames=[child])
    cloudwatch.delete_alarms(AlarmNames=[child, name])


def test_a_suppressor_withholds_actions_for_its_time(cloud: LocalCloud, cloudwatch: Any, metric: str) -> None:
    """While the suppressor is in ALARM nothing is told; the extension period later the topic hears of the state."""
    sqs, name = cloud.client("sqs"), f"composite-{metric}"
    topic, queue = topic_with_queue(cloud, f"told-{metric}")
    keeps = {"TreatMissingData": "ignore"}  # what is set stays
    child = put_alarm(cloudwatch, metric, **keeps)
    suppressor = put_alarm(cloudwatch, metric, prefix="suppressor", **keeps)
    cloudwatch.set_alarm_state(AlarmName=suppressor, StateValue="ALARM", StateReason="maintenance")
    cloudwatch.put_composite_alarm(
        AlarmName=name,
        AlarmRule=f"ALARM({child})",
        AlarmActions=[topic],
        ActionsSuppressor=suppressor,
        ActionsSuppressorWaitPeriod=600,
        ActionsSuppressorExtensionPeriod=60,
    )
    cloudwatch.set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="the test says so")

    def alarm() -> Any:
        return cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]

    held = alarm()
    assert (held["StateValue"], held["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    assert not {"HeldUntil", "ToldState", "ExtendedUntil"} & held.keys()
    cloudwatch.set_alarm_state(AlarmName=suppressor, StateValue="OK", StateReason="maintenance is over")
    until(alarm, lambda found: "ActionsSuppressedBy" not in found, what="the actions after the extension period")
    told = json.loads(json.loads(received(sqs, queue)["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"]) == (name, "ALARM")


def test_two_of_three_minutes_by_percentile(cloudwatch: Any, metric: str) -> None:
    """An alarm on p99 takes DatapointsToAlarm of EvaluationPeriods, and its reason names the datapoints."""
    alarm = put_alarm(
        cloudwatch,
        metric,
        Statistic=None,
        ExtendedStatistic="p99",
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        TreatMissingData="notBreaching",
    )
    until_state(cloudwatch, alarm, "OK")
    started = time.monotonic()
    keep_putting(cloudwatch, metric, 9, alarm, "ALARM")
    assert time.monotonic() - started > 60 / TIME_SCALE
    found = described(cloudwatch, alarm)
    assert found["StateReason"].startswith("Threshold Crossed: 2 out of the last 3 datapoints [9.0 (")
    assert "greater than the threshold (5.0)" in found["StateReason"]


@pytest.mark.parametrize(("treatment", "expected"), [("breaching", "ALARM"), ("notBreaching", "OK")])
def test_an_alarm_without_data_does_as_it_is_told(cloudwatch: Any, metric: str, treatment: str, expected: str) -> None:
    """Missing data breaches or not, as the alarm says; an alarm that treats it as missing has too little to say."""
    alarm = put_alarm(cloudwatch, metric, TreatMissingData=treatment, EvaluationPeriods=2)
    until_state(cloudwatch, alarm, expected)
    put_alarm(cloudwatch, metric, TreatMissingData="missing", EvaluationPeriods=2)
    until_state(cloudwatch, alarm, "INSUFFICIENT_DATA")
    assert "2 datapoints were unknown" in described(cloudwatch, alarm)["StateReason"]


def test_a_percentile_of_too_few_samples_can_be_ignored(cloudwatch: Any, metric: str) -> None:
    """EvaluateLowSampleCountPercentile=ignore keeps the state, for p99 takes a thousand samples."""
    percentile = {"Statistic": None, "ExtendedStatistic": "p99", "TreatMissingData": "notBreaching"}
    alarm = put_alarm(cloudwatch, metric, EvaluateLowSampleCountPercentile="ignore", **percentile)
    until_state(cloudwatch, alarm, "OK")
    for prefix in ("first", "second"):  # all alarms are evaluated once more before the second rings
        other = put_alarm(cloudwatch, metric, prefix=prefix, **percentile)
        keep_putting(cloudwatch, metric, 9, other, "ALARM")
    assert state(cloudwatch, alarm) == "OK"
    until(
        lambda: put(cloudwatch, metric, Values=[9.0], Counts=[2000.0]) or state(cloudwatch, alarm),
        lambda found: found == "ALARM",
        what=f"{alarm} in ALARM by thousands of samples",
    )


def test_actions_are_switched_and_alarms_found(cloudwatch: Any, metric: str) -> None:
    """Alarms are found by prefix, state and metric; actions, tags and the alarm itself come and go."""
    alarm = put_alarm(cloudwatch, metric, Tags=[{"Key": "team", "Value": "shop"}])
    arn = described(cloudwatch, alarm)["AlarmArn"]
    cloudwatch.disable_alarm_actions(AlarmNames=[alarm])
    assert described(cloudwatch, alarm)["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=[alarm])
    assert described(cloudwatch, alarm)["ActionsEnabled"] is True
    by_metric = cloudwatch.describe_alarms_for_metric(Namespace=NAMESPACE, MetricName=metric)["MetricAlarms"]
    assert [found["AlarmName"] for found in by_metric] == [alarm]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "tier", "Value": "1"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "tier", "Value": "1"}]
    cloudwatch.delete_alarms(AlarmNames=[alarm])
    assert cloudwatch.describe_alarms(AlarmNamePrefix=alarm)["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"Period": 45}, "ValidationError", "45"),
        ({"DatapointsToAlarm": 2}, "ValidationError", "from 1 to EvaluationPeriods"),
        ({"Period": 3600, "EvaluationPeriods": 25}, "ValidationError", "more than a day"),
        ({"TreatMissingData": "maybe"}, "ValidationError", "maybe"),
        ({"ExtendedStatistic": "p99"}, "ValidationError", "either"),
        ({"Statistic": None, "ExtendedStatistic": "tm90"}, "NotImplemented", "tm90"),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "NotImplemented", "automate"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "NotImplemented", "GreaterThanUpperThreshold"),
        ({"ThresholdMetricId": "ad1"}, "NotImplemented", "ThresholdMetricId"),
    ],
)
def test_what_an_alarm_may_not_be_is_refused_by_name(
    cloudwatch: Any, metric: str, changes: dict[str, Any], code: str, words: str
) -> None:
    """AWS's rules are refused under AWS's codes, and what the local cloud cannot evaluate by its name."""
    with pytest.raises(ClientError, match=words) as refused:
        put_alarm(cloudwatch, metric, **changes)
    assert refused.value.response["Error"]["Code"] == code
