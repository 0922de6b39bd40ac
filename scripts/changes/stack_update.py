"""Changes parameters of an existing stack, keeps its template, and follows the update to its end."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.exceptions import ClientError

POLL_SECONDS = 0.5
#: States in which CloudFormation accepts an update.
UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """``status`` is the stack's final status; ``reason`` is that of the first resource that failed, or empty."""

    status: str
    reason: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        return self.status == "UPDATE_COMPLETE"


def check_updatable(stack: Mapping[str, Any]) -> None:
    """Raises SystemExit that says what the stack is busy with, or what has to be done first."""
    name, status = stack["StackName"], stack["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        since = stack.get("LastUpdatedTime") or stack["CreationTime"]
        raise SystemExit(
            f"The stack {name} is {status} since {since:%H:%M:%S} UTC: PROD is being changed right now. Wait for the"
            " end (make status), or take that change back at once with"
            f" `aws cloudformation cancel-update-stack --stack-name {name}`."
        )
    if status not in UPDATABLE:
        raise SystemExit(
            f"The stack {name} is {status} ({stack.get('StackStatusReason', 'no reason given')}) and takes no update."
            f" After UPDATE_ROLLBACK_FAILED: `aws cloudformation continue-update-rollback --stack-name {name}`."
        )
    if "RoleARN" not in stack:
        raise SystemExit(
            f"The stack {name} has no role of its own: the update would run with your rights instead of the"
            " deployment role's. The pipeline deploys it with that role; push once."
        )


def update(stack: Mapping[str, Any], changes: Mapping[str, str], tell: Callable[[str], None]) -> Outcome:
    """Sets these parameters, keeps all others and the template; calls ``tell`` with each event.

    The update runs with the role with which the stack was deployed: CloudFormation remembers that role, and whoever may
    update the stack need not be allowed to pass it. Raises SystemExit if the stack became busy in the meantime.
    """
    client = cloud.client("cloudformation")
    token = f"gatehouse-{uuid.uuid4()}"
    kept = [parameter["ParameterKey"] for parameter in stack["Parameters"] if parameter["ParameterKey"] not in changes]
    started = time.monotonic()
    try:
        client.update_stack(
            StackName=stack["StackId"],
            UsePreviousTemplate=True,
            Parameters=[
                *({"ParameterKey": key, "ParameterValue": value} for key, value in changes.items()),
                *({"ParameterKey": key, "UsePreviousValue": True} for key in kept),
            ],
            ClientRequestToken=token,
        )
    except client.exceptions.ClientError as error:
        _explain(client, stack, error)
    status, reason = _follow(client, stack["StackId"], token, tell)
    return Outcome(status=status, reason=reason, seconds=time.monotonic() - started)


def _explain(client: Any, stack: Mapping[str, Any], error: ClientError) -> None:
    """Somebody else was faster: say so in the same words as before the call. Any other error is raised unchanged."""
    check_updatable(client.describe_stacks(StackName=stack["StackId"])["Stacks"][0])
    raise error


def _follow(client: Any, stack_id: str, token: str, tell: Callable[[str], None]) -> tuple[str, str]:
    """Until the stack's own last event of this update."""
    seen: set[str] = set()
    reason = ""
    while True:
        for event in _events(client, stack_id, token):
            if event["EventId"] in seen:
                continue
            seen.add(event["EventId"])
            status, why = event["ResourceStatus"], event.get("ResourceStatusReason", "")
            tell(f"  {event['Timestamp']:%H:%M:%S}  {event['LogicalResourceId']:<32} {status}  {why}".rstrip())
            if status.endswith("_FAILED") and "cancelled" not in why.lower():
                reason = reason or why
            if event.get("PhysicalResourceId") == stack_id and not status.endswith("_IN_PROGRESS"):
                return status, reason
        time.sleep(POLL_SECONDS)


def _events(client: Any, stack_id: str, token: str) -> list[dict[str, Any]]:
    """The events of the update with this token, oldest first."""
    found: list[dict[str, Any]] = []
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        mine = [event for event in page["StackEvents"] if event.get("ClientRequestToken") == token]
        found += mine
        if len(mine) < len(page["StackEvents"]):
            break
    return found[::-1]
