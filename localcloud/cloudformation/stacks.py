"""The documents of stacks in the store, in the shapes and words of the API."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.plan import Deployed
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.cloud import Cloud

Stack = dict[str, Any]

#: Clients order events by their time, to the millisecond.
_EVENT_GAP = timedelta(milliseconds=1)

STACK_TYPE = "AWS::CloudFormation::Stack"
FAILED = frozenset({"CREATE_FAILED", "UPDATE_FAILED"})
EXECUTED = "EXECUTE_COMPLETE"
_BY_USER = "User Initiated"


def now() -> datetime:
    return datetime.now(UTC)


class Stacks:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.stacks = cloud.store.table("cloudformation.stacks")
        self.events = cloud.store.table("cloudformation.events")
        self.change_sets = cloud.store.table("cloudformation.change_sets")
        self._lock = threading.Lock()
        self._last_event = now()
        self._resources = cloud.store.table("cloudformation.resources")

    def blank(self, name: str) -> Stack:
        """A stack that does not exist before :meth:`add` is called."""
        return {
            "StackId": self._cloud.arn("cloudformation", f"stack/{name}/{uuid.uuid4()}"),
            "StackName": name,
            "CreationTime": now(),
            "Parameters": {},
            "Outputs": [],
            "Tags": {},
            "Capabilities": [],
            "Imports": [],
            "EnableTerminationProtection": False,
        }

    def add(self, stack: Stack, status: str, **fields: Any) -> Stack:
        """Stores a blank stack together with its first status, so that a crash leaves no stack without one."""
        stack = {**stack, "StackStatus": status, "StackStatusReason": _BY_USER, **fields}
        self.stacks.put(stack["StackId"], stack)
        self._tell(stack)
        return stack

    def find(self, name_or_id: str) -> Stack | None:
        """A stack by id, or by name unless it was deleted."""
        if name_or_id.startswith("arn:"):
            return self.stacks.get(name_or_id)
        return next((stack for stack in self.living() if stack["StackName"] == name_or_id), None)

    def get(self, name_or_id: str) -> Stack:
        """As :meth:`find`; raises AwsError where there is no such stack."""
        stack = self.find(name_or_id)
        if stack is None:
            raise AwsError("ValidationError", f"Stack with id {name_or_id} does not exist")
        return stack

    def existing(self, name_or_id: str) -> Stack:
        """As :meth:`get`, in the words of the operations that do not describe stacks."""
        stack = self.find(name_or_id)
        if stack is None:
            raise AwsError("ValidationError", f"Stack [{name_or_id}] does not exist")
        return stack

    def all(self) -> list[Stack]:
        """Newest first."""
        return [stack for _, stack in self.stacks.items()][::-1]

    def living(self) -> Iterator[Stack]:
        return (stack for stack in self.all() if stack.get("StackStatus") != "DELETE_COMPLETE")

    def forget_change_sets(self, stack_id: str) -> None:
        """For a stack that has changed since: they compared it with what it was."""
        for key, each in self.change_sets.items():
            if each["StackId"] == stack_id and each["ExecutionStatus"] != EXECUTED:
                self.change_sets.delete(key)

    def set_status(self, stack_id: str, status: str, reason: str | None = None, **fields: Any) -> Stack:
        """Changes a stack's status, with an event."""

        def change(stack: Stack) -> None:
            stack |= {"StackStatus": status, "StackStatusReason": reason, **fields}

        stack = self.stacks.update(stack_id, change)
        self._tell(stack)
        return stack

    def begin(self, stack_id: str, status: str, **fields: Any) -> Stack:
        """The first status of an operation that a user initiated."""
        return self.set_status(stack_id, status, _BY_USER, **fields)

    def _tell(self, stack: Stack) -> None:
        self.add_event(
            stack,
            LogicalResourceId=stack["StackName"],
            PhysicalResourceId=stack["StackId"],
            ResourceType=STACK_TYPE,
            ResourceStatus=stack["StackStatus"],
            ResourceStatusReason=stack["StackStatusReason"],
        )

    def change(self, stack_id: str, **fields: Any) -> Stack:
        return self.stacks.update(stack_id, lambda stack: stack.update(fields))

    def add_event(self, stack: Stack, **fields: Any) -> None:
        with self._lock:
            self._last_event = max(now(), self._last_event + _EVENT_GAP)
            timestamp = self._last_event
        event = {
            "StackId": stack["StackId"],
            "StackName": stack["StackName"],
            "EventId": _event_id(fields, timestamp),
            "OperationId": stack.get("OperationId"),
            "ClientRequestToken": stack.get("ClientRequestToken"),
            "Timestamp": timestamp,
            **fields,
        }
        self.events.put(f"{stack['StackId']}|{event['EventId']}", event)

    def events_of(self, stack_id: str) -> list[dict[str, Any]]:
        """Newest first."""
        return [event for _, event in self.events.items(f"{stack_id}|")][::-1]

    def resources(self, stack_id: str) -> dict[str, Stack]:
        """Logical id → resource document."""
        return {each["LogicalResourceId"]: each for _, each in self._resources.items(f"{stack_id}|")}

    def resource(self, stack_id: str, logical_id: str) -> Stack | None:
        return self._resources.get(f"{stack_id}|{logical_id}")

    def put_resource(self, stack_id: str, logical_id: str, resource: Stack) -> None:
        self._resources.put(f"{stack_id}|{logical_id}", resource)

    def delete_resource(self, stack_id: str, logical_id: str) -> None:
        self._resources.delete(f"{stack_id}|{logical_id}")

    def deployed(self, stack_id: str) -> dict[str, Deployed]:
        """The resources that exist."""
        return {
            name: Deployed(**{**each["Deployed"], "depends_on": tuple(each["Deployed"]["depends_on"])})
            for name, each in self.resources(stack_id).items()
            if each.get("Deployed")
        }

    def failed(self, stack_id: str) -> frozenset[str]:
        """The logical ids of resources that exist and of which nobody knows how far they were made or changed."""
        return frozenset(
            name
            for name, each in self.resources(stack_id).items()
            if each.get("Deployed") and each["ResourceStatus"] in FAILED
        )

    def deployed_one(self, stack_id: str, logical_id: str) -> Deployed | None:
        """One of them, without reading the others."""
        found = (self.resource(stack_id, logical_id) or {}).get("Deployed")
        return Deployed(**{**found, "depends_on": tuple(found["depends_on"])}) if found else None

    def exports(self) -> dict[str, dict[str, str]]:
        """Export name → its value and the stack that exports it."""
        return {
            output["ExportName"]: {
                "Name": output["ExportName"],
                "Value": output["OutputValue"],
                "ExportingStackId": stack["StackId"],
            }
            for stack in self.living()
            for output in stack["Outputs"]
            if "ExportName" in output
        }

    def importers(self, export: str) -> list[str]:
        """Names of the stacks that use an export."""
        return [stack["StackName"] for stack in self.living() if export in stack["Imports"]]


def _event_id(fields: dict[str, Any], timestamp: datetime) -> str:
    """A resource's events are named by what happened; those of a stack by a UUID."""
    if fields["ResourceType"] == STACK_TYPE:
        return str(uuid.uuid4())
    at = timestamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{timestamp.microsecond // 1000:03d}Z"
    return f"{fields['LogicalResourceId']}-{fields['ResourceStatus']}-{at}"


def document_of(deployed: Deployed) -> dict[str, Any]:
    return dataclasses.asdict(deployed)
