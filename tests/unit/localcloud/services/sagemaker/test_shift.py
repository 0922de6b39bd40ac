"""The steps in which traffic moves to a new fleet."""

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.sagemaker.shift import Shift, Step


def _deployment(routing, **policy):
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **policy}}


def test_without_a_deployment_config_everything_moves_at_once():
    """An update without DeploymentConfig is one step to the whole, without a wait."""
    assert Shift.plan(None, 1).steps == (Step(1.0, 0),)


def test_all_at_once_keeps_the_old_fleet_for_the_termination_wait():
    """ALL_AT_ONCE is one step, watched for TerminationWaitInSeconds."""
    deployment = _deployment({"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, TerminationWaitInSeconds=120)
    assert Shift.plan(deployment, 1).steps == (Step(1.0, 120),)


def test_a_canary_gets_its_share_first():
    """CANARY of 20 % bakes for its interval before the rest follows, which is watched for the termination wait."""
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 300,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
    }
    assert Shift.plan(_deployment(routing, TerminationWaitInSeconds=60), 1).steps == (Step(0.2, 300), Step(1.0, 60))


def test_linear_moves_in_equal_steps():
    """LINEAR of one of four instances takes four steps."""
    routing = {"Type": "LINEAR", "WaitIntervalInSeconds": 60, "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 1}}
    assert [step.share for step in Shift.plan(_deployment(routing), 4).steps] == [0.25, 0.5, 0.75, 1.0]


def test_a_canary_above_half_the_fleet_is_refused():
    """A canary above 50 % is refused, as on AWS."""
    routing = {"Type": "CANARY", "WaitIntervalInSeconds": 0, "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1}}
    with pytest.raises(AwsError, match="CanarySize must be at most 50 %"):
        Shift.plan(_deployment(routing), 1)


def test_alarms_are_those_of_the_rollback_configuration():
    """The alarms that send the traffic back are planned with the steps."""
    deployment = _deployment({"Type": "ALL_AT_ONCE"}) | {
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}
    }
    assert Shift.plan(deployment, 1).alarms == ("errors",)


def test_a_deployment_needs_more_time_than_its_bakes():
    """The new fleet has what MaximumExecutionTimeoutInSeconds leaves; a deployment that leaves nothing is refused."""
    routing = {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 600,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
    }
    waits = {"TerminationWaitInSeconds": 60}
    assert Shift.plan(_deployment(routing, **waits, MaximumExecutionTimeoutInSeconds=900), 1).start_seconds == 240
    with pytest.raises(AwsError, match="larger than the total waiting time of 660 s, and is 660"):
        Shift.plan(_deployment(routing, **waits, MaximumExecutionTimeoutInSeconds=660), 1)


def test_rolling_updates_are_refused_by_name():
    """RollingUpdatePolicy is not supported, and says so."""
    with pytest.raises(UnsupportedError, match="RollingUpdatePolicy"):
        Shift.plan({"RollingUpdatePolicy": {}}, 1)
