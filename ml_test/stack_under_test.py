"""Takes the endpoint under test away again, when it will not be needed."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ml_init.step import StepError, polls, say

LIMIT_SECONDS = 1200


def delete(cloudformation: Any, stack: str) -> None:
    """Delete the stack and wait until it is gone, so that nothing is left that costs."""
    try:
        stack_id = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackId"]
    except ClientError as error:
        if "does not exist" in str(error):
            say(f"  the stack {stack} is gone already")
            return
        raise
    cloudformation.delete_stack(StackName=stack)
    for elapsed in polls():
        described = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        status = described["StackStatus"]
        if status == "DELETE_COMPLETE":
            say(f"  deleted the stack {stack} in {elapsed:.1f} s")
            return
        if status == "DELETE_FAILED" or elapsed > LIMIT_SECONDS:
            raise StepError(
                f"The stack {stack} is {status} after {elapsed:.0f} s: {described.get('StackStatusReason', '')}. "
                "Delete it by hand: its endpoint costs."
            )
