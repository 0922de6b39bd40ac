"""What a stack tells others: its outputs."""

from __future__ import annotations

from scripts import cloud


def outputs_of(stack: str) -> dict[str, str]:
    """Output name → value."""
    described = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
