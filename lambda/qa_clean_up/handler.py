"""Deletes the QA endpoint when no execution of the pipeline needs it any more.

It runs when an execution has ended, in whatever state, and on a schedule for endpoints left behind. While the stack is
being deleted, the transition into QA is disabled: an execution that entered meanwhile would lose its endpoint.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from handover.function_variables import QaCleanUpVariables
from handover.names import PipelineStage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

#: Why the transition into QA is disabled, in characters that CodePipeline takes. A later call knows it by this reason.
REASON = "The QA stack is being deleted. The clean-up opens this transition again when it is gone."
_POLL_SECONDS = 1.0
#: The part of Lambda's timeout that is reserved for enabling the transition again.
_RESERVED_SECONDS = 20.0


class CleanUpError(Exception):
    """The stack could not be deleted now; Lambda tries again, and so does the schedule."""


def handle(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Lambda's entry point. Its return value is only for people who call it by hand."""
    variables = QaCleanUpVariables.read()
    only_forgotten = event.get("detail-type") == "Scheduled Event"
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS
    outcome = clean_up(
        boto3.client("codepipeline"),
        boto3.client("cloudformation"),
        variables,
        older_than=timedelta(hours=variables.time_to_live_hours) if only_forgotten else timedelta(0),
        deadline=deadline,
    )
    print(f"{variables.stack}: {outcome}")
    return {"stack": variables.stack, "outcome": outcome}


def clean_up(
    codepipeline: Any, cloudformation: Any, variables: QaCleanUpVariables, *, older_than: timedelta, deadline: float
) -> str:
    """Deletes the stack if it is at least this old and nobody needs it. Returns what was done, or why not."""
    stages = stages_of(codepipeline, variables.pipeline)
    transition = next(stage for stage in stages if stage["stageName"] == PipelineStage.QA)["inboundTransitionState"]
    left_closed = not transition["enabled"] and transition.get("disabledReason") == REASON
    keep = partial(_reason_to_keep, codepipeline, cloudformation, variables, older_than)
    kept = keep()
    if kept and not left_closed:
        return kept
    named = {"pipelineName": variables.pipeline, "stageName": PipelineStage.QA, "transitionType": "Inbound"}
    if transition["enabled"]:
        codepipeline.disable_stage_transition(**named, reason=REASON)
    try:
        return _delete_unless(keep, cloudformation, variables.stack, deadline)
    finally:
        # A transition that a person has disabled stays disabled.
        if transition["enabled"] or left_closed:
            codepipeline.enable_stage_transition(**named)


def _delete_unless(keep: Callable[[], str], cloudformation: Any, name: str, deadline: float) -> str:
    """Deletes the stack and waits until it is gone, or returns why it is kept. CleanUpError if it is not deleted.

    It checks after the transition is disabled, because an execution may have entered just before. It checks again
    after each wait for an operation on the stack: a retry enters the stage all the same.
    """
    while True:
        kept = keep()
        if kept:
            return kept
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if _may_be_deleted(stack["StackStatus"]):
            return _deleted(cloudformation, name, stack["StackId"], deadline)
        _pause(stack, deadline)


def _reason_to_keep(
    codepipeline: Any, cloudformation: Any, variables: QaCleanUpVariables, older_than: timedelta
) -> str:
    """Why the stack is kept, or why there is nothing to do; empty if it is to be deleted."""
    stack = find(cloudformation, variables.stack)
    if stack is None:
        return "gone already"
    # Stages before executions: a retry of QA in between has then entered the stage already, and shows as running.
    stages = stages_of(codepipeline, variables.pipeline)
    executions = codepipeline.list_pipeline_executions(pipelineName=variables.pipeline)["pipelineExecutionSummaries"]
    running = {each["pipelineExecutionId"] for each in executions if each["status"] in ("InProgress", "Stopping")}
    user = user_of(stages, PipelineStage.QA, running)
    if user:
        return f"needed by the execution {user}"
    age = datetime.now(UTC) - (stack.get("LastUpdatedTime") or stack["CreationTime"])
    return f"younger than {older_than}" if age < older_than else ""


def user_of(stages: Sequence[Mapping[str, Any]], stage: str, running: Collection[str]) -> str | None:
    """The unfinished execution that has reached the QA stage, or None.

    An execution that waits before QA has no endpoint yet. One that entered QA has it until it ends or another enters.
    """
    names = [found["stageName"] for found in stages]
    for found in stages[names.index(stage) :]:
        entered = found.get("latestExecution", {}).get("pipelineExecutionId")
        waiting = found.get("inboundExecution", {}).get("pipelineExecutionId") if found["stageName"] != stage else None
        for execution in (entered, waiting):
            if execution in running:
                return str(execution)
    return None


def stages_of(codepipeline: Any, pipeline: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = codepipeline.get_pipeline_state(name=pipeline)["stageStates"]
    return found


def _deleted(cloudformation: Any, name: str, stack_id: str, deadline: float) -> str:
    # Without a role in the call, CloudFormation deletes the stack with the role that deployed it.
    cloudformation.delete_stack(StackName=stack_id)
    while True:
        # A deleted stack can still be found by its id.
        stack = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return "deleted"
        if stack["StackStatus"] == "DELETE_FAILED":
            raise CleanUpError(f"The stack {name} is DELETE_FAILED. Delete it by hand: its endpoint costs.")
        _pause(stack, deadline)


def find(cloudformation: Any, stack: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _may_be_deleted(status: str) -> bool:
    return not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS"


def _pause(stack: Mapping[str, Any], deadline: float) -> None:
    if time.monotonic() + _POLL_SECONDS > deadline:
        raise CleanUpError(f"The stack {stack['StackId']} is still {stack['StackStatus']}, and Lambda's time is over.")
    time.sleep(_POLL_SECONDS)
