"""Releases that go wrong on their way to PROD: what callers get, where it ends, and what is left over."""

from __future__ import annotations

import math
import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from bench.lab.guarded_endpoint import HEALTHY, VARIANT, GuardedEndpoint, canary
from bench.lab.sagemaker_world import World
from tests.faults import record
from tests.local.mute_endpoint import Following
from tests.local.rolled_back import assert_rolled_back
from tests.waiting import until

pytestmark = [pytest.mark.local, pytest.mark.fault]


@pytest.fixture(scope="module")
def guarded(mute: Following, sagemaker_world: World) -> Iterator[GuardedEndpoint]:
    """PROD with a healthy model; every fault leaves it as it was."""
    del mute
    endpoint = GuardedEndpoint(sagemaker_world, "guarded")
    yield endpoint
    sagemaker_world.delete_endpoint("guarded")


@pytest.fixture
def errors(guarded: GuardedEndpoint) -> str:
    """The alarm on 5XX, calm."""
    name = guarded.alarm("errors", "Invocation5XXErrors")
    guarded.settled_alarm(name, "OK")
    return name


def assert_share(seen: Counter[str], answer: str, wanted: float) -> None:
    """As near as so many answers can tell: within four standard deviations."""
    deviation = math.sqrt(wanted * (1 - wanted) / seen.total())
    assert abs(seen[answer] / seen.total() - wanted) < 4 * deviation, seen


def test_a_container_that_dies_in_the_canary(guarded: GuardedEndpoint, errors: str) -> None:
    """The requests to the dead container fail, the alarm rings, and the traffic goes back."""
    before = set(guarded.world.container_processes("guarded"))

    def kill() -> None:
        both = until(
            lambda: guarded.world.container_processes("guarded"),
            lambda found: len(found) == 2,
            what="a container of each fleet",
        )
        (new,) = set(both) - before
        os.kill(new, signal.SIGKILL)

    config = guarded.challenger("dies")
    update = guarded.update(config, canary([errors]), at_bake=kill)
    assert_rolled_back(guarded, update, errors)
    assert update.traffic.errors
    assert all("cannot be reached" in error for _, error in update.traffic.errors)
    assert set(guarded.world.container_processes("guarded")) == before
    record(
        "a container that dies in the canary",
        verdict="rolled back by the 5XX alarm",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def test_errors_for_two_per_cent_of_the_canary(guarded: GuardedEndpoint, errors: str) -> None:
    """Real requests make the alarm on 5XX ring, and only some of the canary's own share failed."""
    sick = f"{HEALTHY}\n        if random.random() < 0.02: raise RuntimeError('now and then')"
    update = guarded.update(guarded.challenger("flaky", body=sick), canary([errors], bake_seconds=3000))
    assert_rolled_back(guarded, update, errors)
    asked = update.traffic.counts()[guarded.challenging]
    # Six standard deviations above two per cent, and one more: on a slow machine a canary is asked a few times only.
    assert 0 < len(update.traffic.errors) < min(asked, 0.02 * asked + 6 * math.sqrt(0.02 * 0.98 * asked) + 1)
    assert all("now and then" in error for _, error in update.traffic.errors)
    record(
        "5XX for 2 % of requests in the canary",
        verdict="rolled back by the 5XX alarm",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def test_latency_tripled(guarded: GuardedEndpoint) -> None:
    """p99 is too high over three periods: the traffic goes back, and no request failed."""
    alarm = guarded.alarm(
        "latency",
        "ModelLatency",
        Statistic=None,
        ExtendedStatistic="p99",
        EvaluationPeriods=3,
        Threshold=80_000,
        ComparisonOperator="GreaterThanThreshold",
    )
    guarded.settled_alarm(alarm, "OK")
    slow = guarded.challenger("slow", body=f"{HEALTHY}; {HEALTHY}; {HEALTHY}")
    update = guarded.update(slow, canary([alarm], percent=20, bake_seconds=3000))
    assert_rolled_back(guarded, update, alarm)
    assert update.traffic.errors == []
    record(
        "latency tripled",
        verdict="rolled back by the p99 alarm",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def test_an_alarm_that_takes_silence_for_a_breach(guarded: GuardedEndpoint) -> None:
    """The alarm rings since before the release, which goes back at once."""
    silent = guarded.alarm("silent", "NobodyPutsThis", TreatMissingData="breaching")
    guarded.settled_alarm(silent, "ALARM")
    update = guarded.update(guarded.challenger("silent"), canary([silent]))
    assert_rolled_back(guarded, update, silent)
    assert update.traffic.errors == []
    record(
        "an alarm without data, treated as breaching",
        verdict="rolled back",
        seconds=update.seconds,
        left_over=update.left_over,
    )


def test_an_alarm_that_does_not_exist(guarded: GuardedEndpoint) -> None:
    """A release without its guard goes back, and the reason names the alarm that is missing."""
    update = guarded.update(guarded.challenger("unguarded"), canary(["nobody"]))
    assert_rolled_back(guarded, update, "do not exist, so nothing guards: nobody")
    assert update.traffic.errors == []
    record("an alarm that does not exist", verdict="rolled back", seconds=update.seconds, left_over=update.left_over)


def test_a_canary_and_then_all(guarded: GuardedEndpoint, errors: str) -> None:
    """A fifth of the traffic meets a healthy release while it bakes, and then all of it; no request is lost.

    Two of its alarms have no data: one treats that as not breaching, the other has insufficient data. Neither rings.
    """
    silent = {"notBreaching": "OK", "missing": "INSUFFICIENT_DATA"}
    for treatment, state in silent.items():
        guarded.settled_alarm(guarded.alarm(treatment, "NobodyPutsThis", TreatMissingData=treatment), state)
    old, new = guarded.serving, guarded.challenging
    alarms = [errors, *(f"guarded-{treatment}" for treatment in silent)]
    deployment = canary(alarms, percent=20, bake_seconds=200, TerminationWaitInSeconds=100)
    update = guarded.update(guarded.challenger("healthy"), deployment)
    assert update.states == ["UPDATING", "IN_SERVICE"]
    assert (update.end["EndpointConfigName"], update.end.get("FailureReason")) == ("healthy", None)
    assert update.stages == ["Creating", "ActivatingTraffic", "Baking", "ActivatingTraffic", "Baking"]
    canary_on, all_on = update.began("ActivatingTraffic")
    seen = update.traffic.counts(canary_on + 0.1, all_on - 0.1)
    assert set(seen) == {old, new}
    assert_share(seen, new, 0.2)
    assert set(update.traffic.counts(all_on + 0.1)) == {new}
    assert update.traffic.errors == []
    assert all_on - canary_on >= 2.0
    assert update.left_over == []
    for words in ("not breaching", "missing"):
        fault = f"an alarm without data, treated as {words}"
        record(fault, verdict="released", seconds=update.seconds, left_over=update.left_over)


def test_linear_moves_step_by_step(guarded: GuardedEndpoint, errors: str) -> None:
    """Each step bakes and brings a quarter more of the traffic, as the callers see."""
    deployment = canary([errors])
    deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] = {
        "Type": "LINEAR",
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "WaitIntervalInSeconds": 100,
    }
    new = guarded.challenging
    update = guarded.update(guarded.challenger("linear"), deployment)
    assert (update.states, update.end["EndpointConfigName"]) == (["UPDATING", "IN_SERVICE"], "linear")
    baking = update.began("Baking")
    assert len(baking) == 3
    ends = [*baking[1:], baking[-1] + 1]
    for begin, end, wanted in zip(baking, ends, (0.25, 0.5, 0.75), strict=True):
        assert_share(update.traffic.counts(begin + 0.1, end - 0.1), new, wanted)
    assert update.traffic.errors == []
    assert update.left_over == []


def test_an_update_keeps_the_instances_that_autoscaling_has_set(guarded: GuardedEndpoint, errors: str) -> None:
    """RetainAllVariantProperties without the weight keeps two instances, whatever the configuration says."""
    guarded.world.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="guarded",
        DesiredWeightsAndCapacities=[{"VariantName": VARIANT, "DesiredInstanceCount": 2, "DesiredWeight": 7.0}],
    )
    guarded.world.settled("guarded")
    update = guarded.update(
        guarded.challenger("scaled"),
        canary([errors], bake_seconds=60),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[
            {"VariantPropertyType": kind} for kind in ("DesiredWeight", "DataCaptureConfig")
        ],
    )
    (variant,) = update.end["ProductionVariants"]
    assert update.end["EndpointConfigName"] == "scaled"
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 1.0)
    assert update.traffic.errors == []
    assert len(guarded.world.container_processes("guarded")) == 2
