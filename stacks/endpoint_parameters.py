"""The parameters of an endpoint stack. Constructs declare those they need; the pipeline fills those a stage has."""

from __future__ import annotations

from aws_cdk import CfnParameter
from handover.names import Parameter

from constructs import Construct
from stacks.settings import Security, Stage


def parameters_of(stage: Stage, security: Security) -> tuple[Parameter, ...]:
    """The parameters that a stage has according to its settings."""
    wanted = {
        Parameter.PACKAGE: True,
        Parameter.ROLE: True,
        Parameter.ENCRYPTION_KEY: security.customer_managed_key,
        Parameter.CAPTURE_BUCKET: stage.capture_percent > 0,
        Parameter.TOPIC: stage.alarms is not None,
        Parameter.CHAMPION: stage.competes_by is not None,
        Parameter.SHIFT: stage.guarded_by is not None,
    }
    return tuple(parameter for parameter, there in wanted.items() if there)


def encryption_key_parameter(scope: Construct, security: Security) -> str | None:
    """The ARN of the workload's key; None if AWS's own keys encrypt."""
    if not security.customer_managed_key:
        return None
    key = CfnParameter(scope, Parameter.ENCRYPTION_KEY, description="Encrypts disks and what is captured")
    return key.value_as_string
