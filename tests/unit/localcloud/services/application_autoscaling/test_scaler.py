"""What a heard alarm sets in motion: one change at a time, the largest demand, and a reason where there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.alarm_actions import AlarmAction
from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.platform.settings import Settings
from localcloud.services.application_autoscaling import scaler as scaler_module
from localcloud.services.application_autoscaling.dimensions import Capacity, SageMakerVariant
from localcloud.services.application_autoscaling.linked_roles import LinkedRoles
from localcloud.services.application_autoscaling.records import KEY, Records
from localcloud.services.application_autoscaling.scaler import Scaler
from tests.waiting import until

PLACE = dict(zip(KEY, ("sagemaker", "endpoint/e/variant/v", "sagemaker:variant:DesiredInstanceCount"), strict=True))
TARGET = "|".join(PLACE.values())


class Variant(SageMakerVariant):
    """A variant without an endpoint, which a test scales."""

    def __init__(self) -> None:
        self.count = 1
        self.settled = True
        self.refusal = ""
        self.set: list[int] = []

    def capacity(self, client_of: Callable[[str], Any], resource_id: str) -> Capacity:
        del client_of, resource_id
        return Capacity(desired=self.count, settled=self.settled)

    def set_capacity(self, client_of: Callable[[str], Any], resource_id: str, count: int) -> None:
        del client_of, resource_id
        self.set.append(count)
        if self.refusal:
            raise AwsError("ValidationException", self.refusal)
        self.count = count


class Lab:
    def __init__(self, cloud: Cloud, variant: Variant) -> None:
        self.variant = variant
        self.records = Records(cloud)
        self.scaler = Scaler(cloud, self.records, LinkedRoles(cloud))
        suspended = dict.fromkeys(("DynamicScalingInSuspended", "DynamicScalingOutSuspended"), False)
        self.records.targets.put(TARGET, PLACE | {"MinCapacity": 1, "MaxCapacity": 5, "SuspendedState": suspended})

    def policy(self, name: str, **configuration: Any) -> None:
        policy = {
            "PolicyName": name,
            "PolicyARN": f"arn:aws:autoscaling:::{name}",
            "PolicyType": "TargetTrackingScaling",
        }
        tracking = {"TargetValue": 20.0, "ScaleInCooldown": 0, "ScaleOutCooldown": 0, **configuration}
        body = PLACE | policy | {"TargetTrackingScalingPolicyConfiguration": tracking}
        self.records.policies.put(f"{TARGET}|{name}", body)

    def hear(self, policy: str, value: float, *, above: bool) -> None:
        """An alarm of three minutes, all of which had this value."""
        now = time.time()
        action = AlarmAction(
            action=f"arn:aws:autoscaling:::{policy}:createdBy/x",
            alarm=f"alarm-of-{policy}",
            state="ALARM",
            comparison="GreaterThanThreshold" if above else "LessThanThreshold",
            threshold=20.0 if above else 18.0,
            periods=3,
            datapoints=tuple((now + 3 - age, value) for age in range(3)),
        )
        self.scaler._heard.put(action)

    def activities(self) -> list[dict[str, Any]]:
        return list(self.records.activities_of(TARGET))[::-1]

    def ended(self, number: int) -> list[dict[str, Any]]:
        return until(
            self.activities,
            lambda found: len([each for each in found if "EndTime" in each]) == number,
            what=f"{number} ended activities",
        )


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    variant = Variant()
    monkeypatch.setattr(scaler_module, "dimension_of", lambda _: variant)
    cloud = Cloud.assemble(Settings(home=tmp_path, cache=tmp_path / "cache", time_scale=1.0))
    made = Lab(cloud, variant)
    made.scaler.start()
    yield made
    made.scaler.stop()
    until(lambda: not _at_work(), what="the end of the scaler's threads")
    cloud.store.close()


def _at_work() -> list[threading.Thread]:
    """Those that may still write: who listens, and what was due."""
    return [thread for thread in threading.enumerate() if thread.name.startswith(("scaling", "due-"))]


def test_an_activity_is_written_down_from_its_cause_to_its_end(lab: Lab) -> None:
    """It says which alarm triggered which policy, and what was set."""
    lab.policy("p")
    lab.hear("p", 50, above=True)
    (found,) = lab.ended(1)
    assert lab.variant.set == [3]
    assert found["Cause"] == "monitor alarm alarm-of-p in state ALARM triggered policy p"
    assert found["Description"] == "Setting desired instance count to 3."
    assert (found["StatusCode"], "fulfilled by sagemaker" in found["StatusMessage"]) == ("Successful", True)


def test_a_resource_that_changes_is_left_alone(lab: Lab) -> None:
    """No activity is begun during a deployment; the alarm's next minute scales."""
    lab.policy("p")
    lab.variant.settled = False
    lab.hear("p", 50, above=True)
    until(lab.scaler._heard.empty, what="an alarm that was heard")
    lab.hear("p", 50, above=True)
    assert lab.activities() == []
    lab.variant.settled = True
    lab.hear("p", 50, above=True)
    assert len(lab.ended(1)) == 1
    assert lab.variant.set == [3]


def test_a_refusal_is_the_reason_of_a_failed_activity(lab: Lab) -> None:
    """Where a deployment began in between, the activity fails in the service's words, and the next minute scales."""
    lab.policy("p")
    lab.variant.refusal = 'Cannot update in-progress endpoint "e".'
    lab.hear("p", 50, above=True)
    (failed,) = lab.ended(1)
    assert failed["StatusCode"] == "Failed"
    assert failed["StatusMessage"] == (
        'Failed to set desired instance count to 3. Reason: Cannot update in-progress endpoint "e".'
    )
    lab.variant.refusal = ""
    lab.hear("p", 50, above=True)
    assert [each["StatusCode"] for each in lab.ended(2)] == ["Failed", "Successful"]


def test_the_largest_of_several_demands_wins(lab: Lab) -> None:
    """What another policy asked for a moment ago counts, so nothing is scaled out twice."""
    lab.policy("small")
    lab.policy("large")
    lab.variant.settled = False
    lab.hear("large", 70, above=True)
    until(lab.scaler._heard.empty, what="the larger demand")
    lab.variant.settled = True
    lab.hear("small", 30, above=True)
    lab.ended(1)
    assert lab.variant.set == [4]


def test_a_scale_in_needs_every_policy(lab: Lab) -> None:
    """One policy alone takes nothing away unless the others cannot; together they go down to the larger demand."""
    lab.policy("one")
    lab.policy("other")
    lab.policy("never", DisableScaleIn=True)
    lab.variant.count = 5
    lab.hear("one", 1, above=False)
    until(lab.scaler._heard.empty, what="the first policy's alarm")
    lab.hear("other", 10, above=False)
    lab.ended(1)
    assert lab.variant.set == [3]


def test_what_is_not_scaled_is_written_down_once(lab: Lab) -> None:
    """An alarm that stays at the maximum leaves one reason, not one each minute."""
    lab.policy("p")
    lab.variant.count = 5
    for _ in range(3):
        lab.hear("p", 50, above=True)
    lab.hear("p", 1, above=False)
    lab.ended(1)
    reasons = [each["NotScaledReasons"] for each in lab.activities() if "NotScaledReasons" in each]
    assert reasons == [[{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 5}]]
    assert lab.variant.set == [1]


def test_suspended_scaling_does_nothing(lab: Lab) -> None:
    """A suspended direction is left alone, the other is not."""
    lab.policy("p")
    lab.records.targets.update(TARGET, lambda known: known["SuspendedState"].update(DynamicScalingInSuspended=True))
    lab.variant.count = 2
    lab.hear("p", 1, above=False)
    lab.hear("p", 30, above=True)
    lab.ended(1)
    assert lab.variant.set == [3]


def test_bounds_are_held_once_the_resource_is_settled(lab: Lab) -> None:
    """New bounds move the capacity without an alarm, after a deployment if there is one."""
    lab.variant.settled = False
    lab.records.targets.update(TARGET, lambda known: known.update(MinCapacity=2))
    lab.scaler.hold_bounds(TARGET)
    assert lab.activities() == []
    lab.variant.settled = True
    (found,) = lab.ended(1)
    assert found["Cause"] == "minimum capacity was set to 2"
    assert lab.variant.set == [2]
