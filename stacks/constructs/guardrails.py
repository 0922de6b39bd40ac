"""How an endpoint changes over to a release, and what rolls it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnCondition, CfnParameter, Fn, IResolvable, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from handover.names import AT_ONCE, GUARDED, Parameter

from constructs import Construct
from stacks.settings import Deployment

#: An alarm that guards, possibly under a condition, as CloudFormation spells it.
Guard = Mapping[str, str] | IResolvable


def guard(alarm: cloudwatch.Alarm) -> Guard:
    return {"AlarmName": alarm.alarm_name}


class Guardrails(Construct):
    """The deployment's steps, guarded by its alarms; or all at once and unguarded, if the stack's parameter says so.

    An alarm that the current release has set off would roll back the very update that is meant to replace it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, guards: Sequence[Guard]) -> None:
        super().__init__(scope, construct_id)
        shift = CfnParameter(
            self,
            "Shift",
            allowed_values=[GUARDED, AT_ONCE],
            description="How the traffic moves: by steps, watched by the alarms, or all at once, watched by nobody",
        )
        shift.override_logical_id(Parameter.SHIFT)
        guarded = CfnCondition(self, "Guarded", expression=Fn.condition_equals(shift.value_as_string, GUARDED))
        guarded.override_logical_id("Guarded")
        self.config = Token.as_any(
            Fn.condition_if(guarded.logical_id, deployment_config(deployment, guards), _AT_ONCE_CONFIG)
        )


def deployment_config(deployment: Deployment, guards: Sequence[Guard]) -> dict[str, Any]:
    """Blue/green with the deployment's steps. The alarms are created before the endpoint, which refers to them."""
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": _routing(deployment),
            "TerminationWaitInSeconds": deployment.final_bake_seconds,
            "MaximumExecutionTimeoutInSeconds": deployment.timeout_seconds,
        },
        "AutoRollbackConfiguration": {"Alarms": list(guards)},
    }


def _routing(deployment: Deployment) -> dict[str, Any]:
    if deployment.strategy == "ALL_AT_ONCE" or deployment.share_percent is None:
        return _AT_ONCE_ROUTING
    size = "CanarySize" if deployment.strategy == "CANARY" else "LinearStepSize"
    return {
        "Type": deployment.strategy,
        size: {"Type": "CAPACITY_PERCENT", "Value": deployment.share_percent},
        "WaitIntervalInSeconds": deployment.bake_seconds,
    }


_AT_ONCE_ROUTING: dict[str, Any] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
_AT_ONCE_CONFIG: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": _AT_ONCE_ROUTING}}
