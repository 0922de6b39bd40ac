"""The steps in which a blue/green deployment shifts traffic to the new fleet, decided before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from localcloud.platform.store import Document


@dataclass(frozen=True, slots=True)
class Step:
    """The new fleet's share of the traffic, and how long it is watched (AWS's seconds) before the next step."""

    share: float
    bake_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    steps: tuple[Step, ...]
    #: The names of the CloudWatch alarms that send the traffic back.
    alarms: tuple[str, ...] = ()
    #: The time for everything besides the bakes, above all for the new fleet's start.
    start_seconds: float = math.inf

    @classmethod
    def plan(cls, deployment: Document | None, instances: int) -> Shift:
        """From a DeploymentConfig; without one, all at once. ``instances``: the total for INSTANCE_COUNT."""
        if not deployment:
            return cls(steps=(Step(1.0, 0),))
        if "RollingUpdatePolicy" in deployment:
            raise UnsupportedError("sagemaker:UpdateEndpoint with RollingUpdatePolicy")
        alarms = tuple(
            alarm["AlarmName"] for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        )
        policy = deployment.get("BlueGreenUpdatePolicy")
        if not policy:
            return cls(steps=(Step(1.0, 0),), alarms=alarms)
        routing = policy["TrafficRoutingConfiguration"]
        # The wait interval is between steps. After the last step comes the termination wait.
        last = Step(1.0, policy.get("TerminationWaitInSeconds", 0))
        steps = (*_early_steps(routing, instances), last)
        return cls(steps=steps, alarms=alarms, start_seconds=_start_seconds(policy, steps))


def _start_seconds(policy: Document, steps: tuple[Step, ...]) -> float:
    """MaximumExecutionTimeoutInSeconds minus the bakes. AWS requires it to be longer than the bakes."""
    limit: float = policy.get("MaximumExecutionTimeoutInSeconds", math.inf)
    baked = sum(step.bake_seconds for step in steps)
    if limit <= baked:
        raise AwsError(
            "ValidationException",
            f"MaximumExecutionTimeoutInSeconds must be larger than the total waiting time of {baked:g} s, and is "
            f"{limit:g}.",
        )
    return limit - baked


def _early_steps(routing: Document, instances: int) -> tuple[Step, ...]:
    wait = routing.get("WaitIntervalInSeconds", 0)
    match routing["Type"]:
        case "ALL_AT_ONCE":
            return ()
        case "CANARY":
            return (Step(_share(routing.get("CanarySize"), "CanarySize", instances), wait),)
        case "LINEAR":
            size = _share(routing.get("LinearStepSize"), "LinearStepSize", instances)
            return tuple(Step(number * size, wait) for number in range(1, _whole_steps(size)))
        case other:
            raise UnsupportedError(f"sagemaker:UpdateEndpoint with TrafficRoutingConfiguration of type {other}")


def _whole_steps(size: float) -> int:
    """The steps, the last of which moves all traffic."""
    return max(1, -int(-1 // size))


def _share(capacity: dict[str, Any] | None, name: str, instances: int) -> float:
    if not capacity:
        raise AwsError("ValidationException", f"TrafficRoutingConfiguration needs {name}.")
    share: float = capacity["Value"] / (100 if capacity["Type"] == "CAPACITY_PERCENT" else max(instances, 1))
    if not 0 < share <= 0.5:  # AWS's limit
        raise AwsError(
            "ValidationException", f"{name} must be at most 50 % of the fleet, and {capacity['Value']} is {share:.0%}."
        )
    return share
