"""An endpoint's guards: its alarms, the watches on its answers, and a deployment that rolls back when one fires."""

from __future__ import annotations

from constructs import Construct
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.endpoint_alarms import EndpointAlarms
from stacks.constructs.watches import attach_alarms
from stacks.settings import Stage
from stacks.specs import Workload


def attach_guards(scope: Construct, *, workload: Workload, endpoint: ModelEndpoint, stage: Stage) -> None:
    """Attach the guards that the stage's settings ask for. Without alarms, nothing could roll a release back."""
    if stage.alarms is None:
        return
    alarms = EndpointAlarms(scope, "Alarms", endpoint=endpoint, alarms=stage.alarms)
    attach_alarms(scope, workload=workload, stage=stage, endpoint=endpoint, alarms=alarms)
    if stage.guarded_by:
        endpoint.guard(stage.guarded_by, alarms.guards)
