"""Application Auto Scaling of provisioned concurrency: a template as the CDK writes it, and what follows the use."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda

from tests.clouds import LocalCloud
from tests.local.iam_account import refused
from tests.local.lives.life import Stack
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

DIMENSION = "lambda:function:ProvisionedConcurrency"
#: A minute of an alarm is three seconds here.
TIME_SCALE = 20
SLOW = """
import time

def handler(event, context):
    time.sleep(event["seconds"])
    return "done"
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALCLOUD_TIME_SCALE", str(TIME_SCALE))
        cloud = LocalCloud.up(tmp_path_factory.mktemp("autoscaling_lambda"))
    yield cloud
    cloud.down()


@pytest.fixture(scope="module")
def deployed(cloud: LocalCloud) -> Iterator[dict[str, str]]:
    """The outputs of a stack with a function, its alias, and the alias's scaling by the CDK."""
    app = cdk.App()
    stack = cdk.Stack(app, "Scaled", synthesizer=cdk.LegacyStackSynthesizer())
    function = aws_lambda.Function(
        stack,
        "Function",
        code=aws_lambda.Code.from_inline(SLOW),
        handler="index.handler",
        runtime=aws_lambda.Runtime.PYTHON_3_12,
        timeout=cdk.Duration.seconds(30),
    )
    alias = function.add_alias("live", provisioned_concurrent_executions=1)
    alias.add_auto_scaling(min_capacity=1, max_capacity=3).scale_on_utilization(utilization_target=0.5)
    cdk.CfnOutput(stack, "Name", value=function.function_name)
    made = Stack(cloud=cloud, name="Scaled")
    yield made.deploy(app.synth().get_stack_by_name("Scaled").template)
    made.delete()
    assert cloud.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def key(function: str, qualifier: str = "live") -> dict[str, str]:
    return {
        "ServiceNamespace": "lambda",
        "ResourceId": f"function:{function}:{qualifier}",
        "ScalableDimension": DIMENSION,
    }


def provisioned(cloud: LocalCloud, function: str, count: int) -> None:
    """Waits until so many environments are ready."""

    def look() -> tuple[str, int]:
        found = cloud.client("lambda").get_provisioned_concurrency_config(FunctionName=function, Qualifier="live")
        return found["Status"], found["AvailableProvisionedConcurrentExecutions"]

    until(look, lambda seen: seen == ("READY", count), what=f"{count} environments of {function}")


def test_concurrency_follows_its_utilization(cloud: LocalCloud, deployed: dict[str, str]) -> None:
    """While the one environment is busy more are made ready, up to the bound, by an alarm on the alias's own metric."""
    function = deployed["Name"]
    scaling = cloud.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == (f"function:{function}:live", 1, 3)
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="lambda")["ScalingPolicies"]
    names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
    found = cloud.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert sorted((alarm["Threshold"], alarm["EvaluationPeriods"]) for alarm in found) == [(0.45, 15), (0.5, 3)]
    done = threading.Event()
    busy = [threading.Thread(target=call_until, args=(cloud, function, done)) for _ in range(3)]
    for caller in busy:
        caller.start()
    try:
        provisioned(cloud, function, 3)
    finally:
        done.set()
        for caller in busy:
            caller.join()
    activity = until(
        lambda: scaling.describe_scaling_activities(**key(function))["ScalingActivities"][-1],
        lambda first: "EndTime" in first,
        what="the end of the first activity",
    )
    assert activity["StatusCode"] == "Successful"
    assert activity["Description"].startswith("Setting provisioned concurrency to ")
    assert "-AlarmHigh-" in activity["Cause"]


def call_until(cloud: LocalCloud, function: str, done: threading.Event) -> None:
    client: Any = cloud.client("lambda")
    while not done.is_set():
        client.invoke(FunctionName=function, Qualifier="live", Payload=b'{"seconds": 0.5}')


def test_new_bounds_change_the_concurrency_at_once(cloud: LocalCloud, deployed: dict[str, str]) -> None:
    """A higher minimum makes environments ready, a lower maximum gives some up."""
    function = deployed["Name"]
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(**key(function), MinCapacity=2, MaxCapacity=2)
    provisioned(cloud, function, 2)
    scaling.register_scalable_target(**key(function), MinCapacity=1, MaxCapacity=1)
    provisioned(cloud, function, 1)


def test_an_alias_that_does_not_exist_is_refused(cloud: LocalCloud, deployed: dict[str, str]) -> None:
    """Lambda's own words say what is missing."""
    with refused("ValidationException", ".*nobody"):
        cloud.client("application-autoscaling").register_scalable_target(
            **key(deployed["Name"], "nobody"), MinCapacity=1, MaxCapacity=2
        )
