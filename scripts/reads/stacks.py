"""What a stack tells others: its outputs."""

from __future__ import annotations

from botocore.exceptions import ClientError

from scripts import cloud
from scripts.reads.errors import NotThereError


def outputs_of(stack: str) -> dict[str, str]:
    """Output name → value. Raises NotThereError if there is no such stack."""
    try:
        described = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NotThereError(f"There is no stack {stack}: deploy it with `make deploy`.") from error
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
