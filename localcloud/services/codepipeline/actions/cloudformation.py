"""Deploy / AWS / CloudFormation / 1: creates, updates or deletes a stack from an artifact's template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.actions.outcome import Outcome
from localcloud.services.codepipeline.actions.stack_input import stack_input, template
from localcloud.services.codepipeline.artifacts import zip_of
from localcloud.services.codepipeline.records import now

if TYPE_CHECKING:
    from datetime import datetime

    from localcloud.services.codepipeline.actions.context import ActionContext

_POLL_SECONDS = 0.2
_SUCCEEDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
#: The states in which a stack can only be deleted. REPLACE_ON_FAILURE replaces such a stack.
_FAILED = frozenset(
    {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}
)
_NO_CHANGES = ("No updates are to be performed", "didn't contain changes")


def run(context: ActionContext) -> Outcome:
    deployment = _Deployment(context)
    return {
        "CREATE_UPDATE": deployment.create_or_update,
        "REPLACE_ON_FAILURE": deployment.replace_on_failure,
        "CHANGE_SET_REPLACE": deployment.replace_change_set,
        "CHANGE_SET_EXECUTE": deployment.execute_change_set,
        "DELETE_ONLY": deployment.delete,
    }[context.configuration["ActionMode"]]()


class _Deployment:
    def __init__(self, context: ActionContext) -> None:
        self._context = context
        self._client = context.client("cloudformation")
        self._name = context.configuration["StackName"]

    def create_or_update(self) -> Outcome:
        stack = self._stack()
        wanted = stack_input(self._context) | template(self._context)
        since = now()
        if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            stack_id = self._client.create_stack(StackName=self._name, **wanted)["StackId"]
        elif stack["StackStatus"] in _FAILED:
            raise ActionFailedError(
                "JobFailed",
                f"Stack [{self._name}] is in {stack['StackStatus']} state and can not be updated. Delete it, or use "
                "ActionMode REPLACE_ON_FAILURE.",
            )
        else:
            stack_id = stack["StackId"]
            try:
                self._client.update_stack(StackName=self._name, **wanted)
            except ClientError as error:
                if not any(words in str(error) for words in _NO_CHANGES):
                    raise
                return self._deployed(stack_id)
        return self._awaited(stack_id, since)

    def replace_on_failure(self) -> Outcome:
        stack = self._stack()
        if stack is not None and stack["StackStatus"] in _FAILED:
            self.delete()
        return self.create_or_update()

    def replace_change_set(self) -> Outcome:
        """Makes the change set. An empty one is a success too, and leaves CHANGE_SET_EXECUTE nothing to do."""
        stack = self._stack()
        is_new = stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS"
        if stack is not None:
            self._client.delete_change_set(StackName=self._name, ChangeSetName=self._change_set)
        made = self._client.create_change_set(
            StackName=self._name,
            ChangeSetName=self._change_set,
            ChangeSetType="CREATE" if is_new else "UPDATE",
            **stack_input(self._context),
            **template(self._context),
        )
        self._context.report(externalExecutionId=made["StackId"])
        found = self._change_set_when_made()
        if found["Status"] == "FAILED" and not _is_empty(found):
            raise ActionFailedError(
                "JobFailed",
                f"Change set [{self._change_set}] of [{self._name}] failed: {found.get('StatusReason', '')}",
            )
        return Outcome(summary=f"Change set {self._change_set} was created.")

    def execute_change_set(self) -> Outcome:
        found = self._change_set_when_made()
        self._context.report(externalExecutionId=found["StackId"])
        if _is_empty(found):
            return self._deployed(found["StackId"])
        since = now()
        self._client.execute_change_set(StackName=self._name, ChangeSetName=self._change_set)
        return self._awaited(found["StackId"], since)

    def delete(self) -> Outcome:
        stack = self._stack()
        if stack is None:
            return Outcome(summary=f"Stack {self._name} does not exist.")
        role = self._context.configuration.get("RoleArn")
        since = now()
        self._client.delete_stack(StackName=self._name, **({"RoleARN": role} if role else {}))
        status = self._status_at_end(stack["StackId"])
        if status != "DELETE_COMPLETE":
            raise ActionFailedError("JobFailed", self._failure(stack["StackId"], status, since))
        return Outcome(summary=f"Stack {self._name} was deleted.")

    @property
    def _change_set(self) -> str:
        return self._context.configuration["ChangeSetName"]

    def _stack(self, stack_id: str | None = None) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.describe_stacks(StackName=stack_id or self._name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if found["StackStatus"] == "DELETE_COMPLETE" and stack_id is None else found

    def _change_set_when_made(self) -> dict[str, Any]:
        while True:
            found: dict[str, Any] = self._client.describe_change_set(
                StackName=self._name, ChangeSetName=self._change_set
            )
            if found["Status"] not in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
                return found
            self._context.pause(_POLL_SECONDS)

    def _awaited(self, stack_id: str, since: datetime) -> Outcome:
        region = self._context.region
        self._context.report(
            externalExecutionId=stack_id,
            externalExecutionUrl=(
                f"https://console.aws.amazon.com/cloudformation/home?region={region}#/stack/detail?stackId={stack_id}"
            ),
        )
        status = self._status_at_end(stack_id)
        if status not in _SUCCEEDED:
            raise ActionFailedError("JobFailed", self._failure(stack_id, status, since))
        return self._deployed(stack_id)

    def _status_at_end(self, stack_id: str) -> str:
        while True:
            stack = self._stack(stack_id)
            status: str = stack["StackStatus"] if stack else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS"):
                return status
            self._context.pause(_POLL_SECONDS)

    def _deployed(self, stack_id: str) -> Outcome:
        """The stack's outputs, as variables, and as a file if the action has an output artifact."""
        stack = self._stack(stack_id) or {}
        outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])}
        artifacts = {}
        for name in self._context.outputs:
            artifacts[name] = self._context.store.new_location(name)
            content = zip_of({self._context.configuration["OutputFileName"]: json.dumps(outputs).encode()})
            self._context.store.put(self._context.client("s3"), artifacts[name], content)
        return Outcome(summary=stack.get("StackStatus"), variables=outputs, artifacts=artifacts)

    def _failure(self, stack_id: str, status: str, since: datetime) -> str:
        """The stack's state, and the first failed resource with its reason."""
        text = f"Stack [{self._name}] ended in {status}."
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        earliest = since.replace(microsecond=0)  # events may be told in whole seconds
        events = [event for page in pages for event in page["StackEvents"] if event["Timestamp"] >= earliest]
        for event in reversed(events):
            reason = event.get("ResourceStatusReason", "")
            is_stack = event["PhysicalResourceId"] == stack_id if "PhysicalResourceId" in event else False
            if event["ResourceStatus"].endswith("_FAILED") and not is_stack and "cancelled" not in reason:
                return f"{text} {event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
        stack = self._stack(stack_id) or {}
        return f"{text} {stack.get('StackStatusReason', '')}".strip()


def _is_empty(change_set: dict[str, Any]) -> bool:
    reason = change_set.get("StatusReason", "")
    return change_set["Status"] == "FAILED" and any(words in reason for words in _NO_CHANGES)
