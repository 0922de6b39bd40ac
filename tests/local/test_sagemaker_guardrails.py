"""Blue/green deployments with their alarms, and what is left when the local cloud goes down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.lab.sagemaker_world import HYPERPARAMETERS, World
from tests.clouds import LocalCloud
from tests.faults import record
from tests.local.mute_endpoint import Following
from tests.local.rolled_back import assert_rolled_back
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.local

ROW = "1,1,1,1,1,1"


def _canary(alarm: str, wait_seconds: int) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": wait_seconds,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
            }
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }


def test_a_ringing_alarm_sends_the_traffic_back(sagemaker_world: World) -> None:
    """In a canary both fleets answer; when the alarm goes off, the old one has all the traffic and the new is gone."""
    world = sagemaker_world
    cloudwatch = world.cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="canary-errors",
        Namespace="Tests",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    for name in ("old", "new"):
        world.config(name, world.model(name, [world.containers()[1]]))
    world.endpoint("guarded", "old")
    before = sorted(world.container_processes("guarded"))
    world.sagemaker.update_endpoint(
        EndpointName="guarded", EndpointConfigName="new", DeploymentConfig=_canary("canary-errors", 3600)
    )

    def variants() -> set[str]:
        answers = (
            world.runtime.invoke_endpoint(EndpointName="guarded", Body=ROW, ContentType="text/csv") for _ in range(20)
        )
        return {answer["InvokedProductionVariant"] for answer in answers}

    until(variants, lambda seen: seen == {"old", "new"}, what="answers of both fleets")
    # However short it rings: the next look at it may come late.
    for state in ("ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="canary-errors", StateValue=state, StateReason="the test says so")
    found = world.settled("guarded")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "old")
    assert "canary-errors" in found["FailureReason"]
    assert variants() == {"old"}
    assert sorted(world.container_processes("guarded")) == before
    world.delete_endpoint("guarded")


@pytest.mark.fault
def test_ping_never_answers(mute: Following) -> None:
    """The new fleet never takes a request: the endpoint goes on as it was, and the reason names the health check.

    The update began before test_release_faults, which takes about as long.
    """
    update = mute.ended()
    assert_rolled_back(mute.endpoint, update, "did not pass the ping health check")
    assert set(update.traffic.counts()) == {mute.endpoint.serving}
    assert update.traffic.errors == []
    assert update.stages == ["Creating"]
    record(
        "`/ping` never answers",
        verdict="the update failed at the health check; nothing was shifted",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def test_down_in_the_middle_of_everything_leaves_nothing(tmp_path: Path) -> None:
    """With an endpoint up, another coming up and a job training, `down` ends every process and removes every folder."""
    cloud = LocalCloud.up(tmp_path / "home")
    try:
        world = World(cloud)
        world.config("up", world.model("up", world.containers()))
        world.endpoint("up", "up")
        long = HYPERPARAMETERS | {"num_round": "100000", "early_stopping_rounds": "100000"}
        world.sagemaker.create_training_job(**world.training("long", HyperParameters=long))
        world.until_it_trains("long")
        world.sagemaker.create_endpoint(EndpointName="coming", EndpointConfigName="up")
        assert world.container_processes("up")
    finally:
        cloud.down()
    assert not world.container_processes("up")
    assert not world.container_processes("coming")
    assert not (tmp_path / "home" / "work").exists()
