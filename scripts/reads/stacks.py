"""A stack as CloudFormation describes it, and what it tells others: its outputs."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from scripts import cloud
from scripts.reads.errors import NotThereError
from stacks.workloads import WORKLOADS


def stack_of(name: str) -> dict[str, Any] | None:
    """The stack; None if there is none of this name."""
    try:
        found: dict[str, Any] = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found


def pipeline_outputs(workload: str) -> dict[str, str]:
    """Output name → value, of the pipeline's stack. Raises NotThereError if it is not deployed."""
    stack = WORKLOADS[workload].stack_name("Pipeline")
    described = stack_of(stack)
    if described is None:
        raise NotThereError(f"There is no stack {stack}: deploy it with `make deploy WORKLOAD={workload}`.")
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
