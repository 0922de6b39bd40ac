"""Several instances of a variant: more, fewer, lost ones, under traffic and by boto3."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.guarded_endpoint import CALLERS, HEALTHY, VARIANT, GuardedEndpoint, Model, Traffic
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.lab.sagemaker_world import World

pytestmark = pytest.mark.local

#: A statement of a model's predict: the answer is the number of the process that gives it.
TELLS_ITS_PROCESS = "import os; return numpy.full(len(rows), os.getpid(), dtype=numpy.float64)"


@pytest.fixture(scope="module")
def crowd(sagemaker_world: World) -> Iterator[GuardedEndpoint]:
    endpoint = GuardedEndpoint(sagemaker_world, "crowd")
    yield endpoint
    sagemaker_world.delete_endpoint("crowd")
    assert not sagemaker_world.container_processes("crowd")


def scaled(endpoint: GuardedEndpoint, count: int) -> list[dict[str, Any]]:
    """Every different description of the variant, from the order to scale until the endpoint is in service."""
    seen: list[dict[str, Any]] = []
    endpoint.world.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint.name,
        DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": count}],
    )

    def look() -> str:
        found = endpoint.world.sagemaker.describe_endpoint(EndpointName=endpoint.name)
        (variant,) = found["ProductionVariants"]
        seen.append(
            {
                "status": found["EndpointStatus"],
                "current": variant["CurrentInstanceCount"],
                "desired": variant["DesiredInstanceCount"],
            }
        )
        status: str = found["EndpointStatus"]
        return status

    until(look, lambda status: status == "InService", what=f"{count} instances of {endpoint.name}", every_seconds=0.02)
    return [each for number, each in enumerate(seen) if each not in seen[:number]]


def answered_more(traffic: Traffic, requests: int) -> None:
    began = len(traffic.answers)
    until(lambda: len(traffic.answers) - began, lambda count: count > requests, what=f"{requests} more answers")


def test_one_to_three_to_one_loses_no_request(crowd: GuardedEndpoint) -> None:
    """New instances take requests once they answer, and old ones answer what they have before they end."""
    processes = crowd.world.container_processes
    with crowd.under_traffic() as traffic:
        answered_more(traffic, 10 * CALLERS)
        assert len(processes("crowd")) == 1
        assert scaled(crowd, 3) == [
            {"status": "Updating", "current": 1, "desired": 3},
            {"status": "InService", "current": 3, "desired": 3},
        ]
        assert len(processes("crowd")) == 3
        answered_more(traffic, 10 * CALLERS)
        (end,) = [each for each in scaled(crowd, 1) if each["status"] == "InService"]
        assert end == {"status": "InService", "current": 1, "desired": 1}
        assert len(processes("crowd")) == 1
        answered_more(traffic, 10 * CALLERS)
    assert traffic.errors == []


def test_requests_are_spread_and_counted_by_instance(crowd: GuardedEndpoint) -> None:
    """Each of three instances answers some requests, and a request counts as a third in InvocationsPerInstance."""
    scaled(crowd, 3)
    telling = crowd.configured(Model(answer=0, body=f"{HEALTHY}; {TELLS_ITS_PROCESS}"), "telling")
    crowd.world.sagemaker.update_endpoint(
        EndpointName="crowd", EndpointConfigName=telling, RetainAllVariantProperties=True
    )
    (variant,) = crowd.world.settled("crowd")["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (3, 3)
    before = {metric: total(crowd, metric) for metric in ("Invocations", "InvocationsPerInstance")}
    with crowd.under_traffic() as traffic:
        answered_more(traffic, 20 * CALLERS)
    assert traffic.errors == []
    assert len(traffic.counts()) == 3

    def counted(metric: str) -> float:
        return total(crowd, metric) - before[metric]

    until(
        lambda: counted("Invocations"),
        lambda count: count == len(traffic.answers),
        what="all invocations in CloudWatch",
    )
    assert counted("InvocationsPerInstance") == pytest.approx(len(traffic.answers) / 3)


def total(endpoint: GuardedEndpoint, metric: str) -> float:
    """The sum of one of the endpoint's metrics so far."""
    now = datetime.now(UTC)
    found = endpoint.world.cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": "EndpointName", "Value": endpoint.name}, {"Name": "VariantName", "Value": VARIANT}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def test_an_instance_that_dies_loses_no_request(crowd: GuardedEndpoint) -> None:
    """Another instance answers for the one that was killed, which is replaced."""
    scaled(crowd, 3)
    processes = crowd.world.container_processes
    before = Counter(processes("crowd"))
    with crowd.under_traffic() as traffic:
        answered_more(traffic, 10 * CALLERS)
        os.kill(next(iter(before)), signal.SIGKILL)
        until(
            lambda: Counter(processes("crowd")),
            lambda found: len(found) == 3 and found != before,
            what="a new instance in the place of the killed one",
        )
        answered_more(traffic, 10 * CALLERS)
    assert traffic.errors == []


@pytest.mark.parametrize("count", [0, 9])
def test_a_number_of_instances_that_this_machine_does_not_run_is_refused(crowd: GuardedEndpoint, count: int) -> None:
    """The refusal names the number and the bounds, and the endpoint stays as it is."""
    with pytest.raises(ClientError, match=f"DesiredInstanceCount {count}, which is not from 1 to 8"):
        crowd.world.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="crowd",
            DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": count}],
        )
    assert crowd.world.sagemaker.describe_endpoint(EndpointName="crowd")["EndpointStatus"] == "InService"


def test_a_routing_strategy_that_aws_lacks_is_refused(crowd: GuardedEndpoint) -> None:
    """RoutingConfig takes two of AWS's strategies; what AWS lacks is refused, with those that it has."""
    crowd.world.sagemaker.create_endpoint_config(
        EndpointConfigName="least", ProductionVariants=[variant({"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"})]
    )
    with pytest.raises(ClientError, match=r"'ROUND_ROBIN' at .* enum value set: \[LEAST_OUTSTANDING_REQUESTS, RANDOM"):
        crowd.world.sagemaker.create_endpoint_config(
            EndpointConfigName="turns", ProductionVariants=[variant({"RoutingStrategy": "ROUND_ROBIN"})]
        )


def variant(routing: dict[str, str]) -> dict[str, Any]:
    return {
        "VariantName": VARIANT,
        "ModelName": "crowd-first",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.t2.medium",
        "RoutingConfig": routing,
    }
