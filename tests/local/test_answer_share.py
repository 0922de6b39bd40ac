"""The business alarm: a release that answers otherwise than expected is taken back, by what its answers were."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from bench.lab.guarded_endpoint import VARIANT, GuardedEndpoint, canary
from bench.lab.sagemaker_world import BUCKET, World
from tests.faults import record
from tests.functions import packaged
from tests.local.iam_account import Account, allow
from tests.local.rolled_back import assert_rolled_back
from tests.local.test_lambda import Function
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

#: What the release answers to everything, and may in 95 % of its answers at the most.
WATCHED = "2.0"


@pytest.fixture
def watched(sagemaker_world: World, account: Account) -> Iterator[GuardedEndpoint]:
    """An endpoint whose captured answers the function counts, as it is deployed: by an event for each file."""
    cloud = account.cloud
    s3, events = cloud.client("s3"), cloud.client("events")
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}})
    function = Function(
        account,
        packaged("answer_share"),
        allow(["s3:GetObject"], f"arn:aws:s3:::{BUCKET}/capture/*"),
        allow(["cloudwatch:PutMetricData"], "*"),
        Handler="handler.handle",
        Environment={
            "Variables": {
                "ANSWER": WATCHED,
                # A file has a little more than half a second of a canary of a fifth: few, where the machine is busy.
                "LEAST_ANSWERS": "2",
            }
        },
    )
    # Its first start takes seconds where the machine is busy, and what is asked of it here is not that.
    function.invoke({"detail": {"bucket": {"name": BUCKET}, "object": {"key": "none"}}})
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"wildcard": "capture/*.jsonl"}]}},
    }
    rule = events.put_rule(Name=function.name, EventPattern=json.dumps(pattern))["RuleArn"]
    function.let_in("events", rule)
    events.put_targets(Rule=function.name, Targets=[{"Id": "function", "Arn": function.arn}])
    endpoint = GuardedEndpoint(sagemaker_world, "watched", capture=f"s3://{BUCKET}/capture")
    yield endpoint
    sagemaker_world.delete_endpoint("watched")
    events.remove_targets(Rule=function.name, Ids=["function"])
    events.delete_rule(Name=function.name)
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})


@pytest.mark.fault
def test_an_answer_out_of_its_band_sends_the_traffic_back(watched: GuardedEndpoint) -> None:
    """Capture → S3 → EventBridge → function → metric → alarm takes the release back; no request failed.

    The old release never gave that answer: the alarm watches the release, by the folder that it captures into.
    """
    name = watched.challenger("always-two")
    dimensions = {"EndpointName": watched.name, "VariantName": VARIANT, "Release": name, "Answer": WATCHED}
    alarm = watched.alarm(
        "answers",
        "AnswerShare",
        Namespace="Gatehouse",
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Average",
        Threshold=0.95,
        ComparisonOperator="GreaterThanThreshold",
    )
    watched.settled_alarm(alarm, "OK")
    update = watched.update(name, canary([alarm], percent=20, bake_seconds=3600))
    assert_rolled_back(watched, update, alarm)
    assert update.traffic.errors == []
    shares = until(lambda: _shares(watched.world), lambda found: len(found) == 2, what="the shares of both releases")
    assert shares == {"always-two": 1.0, "watched-first": 0.0}
    record(
        "an answer class out of its expected band",
        verdict="rolled back by the alarm on the answers",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def _shares(world: World) -> dict[str, Any]:
    """The share of the watched answer by release."""
    cloudwatch = world.cloud.client("cloudwatch")
    now = time.time()
    found = {}
    for metric in cloudwatch.list_metrics(Namespace="Gatehouse", MetricName="AnswerShare")["Metrics"]:
        asked = cloudwatch.get_metric_statistics(
            **metric, StartTime=now - 3600, EndTime=now + 60, Period=86_400, Statistics=["Average"]
        )
        release = next(each["Value"] for each in metric["Dimensions"] if each["Name"] == "Release")
        found[release] = asked["Datapoints"][0]["Average"]
    return found
