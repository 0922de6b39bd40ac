"""CloudFormation: operations that list stacks, their resources, their exports and their events."""

from __future__ import annotations

import json
from typing import Any

from localcloud.cloudformation.nesting import is_protected
from localcloud.cloudformation.operations import CloudFormationOperations, page
from localcloud.cloudformation.stacks import STACK_TYPE, Stack
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation

_STACK_KEYS = (
    *("StackId", "StackName", "ChangeSetId", "Description", "CreationTime", "DeletionTime", "LastUpdatedTime"),
    *("StackStatus", "StackStatusReason", "DisableRollback", "Capabilities", "Outputs", "RoleARN"),
    *("EnableTerminationProtection", "RetainExceptOnCreate", "ParentId", "RootId"),
)
_RESOURCE_KEYS = ("LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceStatus", "ResourceStatusReason")


class ReadingOperations(CloudFormationOperations):
    @operation("DescribeStacks")
    def describe_stacks(self, _: Call, params: Params) -> Params:
        name = params.get("StackName")
        found = [self.stacks.get(name)] if name else list(self.stacks.living())
        described = [
            _described(stack) | {"EnableTerminationProtection": is_protected(stack, self.stacks)} for stack in found
        ]
        return page("Stacks", described, params.get("NextToken"))

    @operation("ListStacks")
    def list_stacks(self, _: Call, params: Params) -> Params:
        wanted = params.get("StackStatusFilter")
        keys = (
            *("StackId", "StackName", "CreationTime", "LastUpdatedTime", "DeletionTime", "StackStatus"),
            *("StackStatusReason", "ParentId", "RootId"),
        )
        found = [
            {key: stack[key] for key in keys if stack.get(key) is not None}
            | ({"TemplateDescription": stack["Description"]} if stack.get("Description") else {})
            for stack in self.stacks.all()
            if not wanted or stack["StackStatus"] in wanted
        ]
        return page("StackSummaries", found, params.get("NextToken"))

    @operation("DescribeStackEvents")
    def describe_stack_events(self, _: Call, params: Params) -> Params:
        stack = self._existing(params["StackName"])
        events = [_event(each) for each in self.stacks.events_of(stack["StackId"])]
        return page("StackEvents", events, params.get("NextToken"))

    @operation("DescribeEvents")
    def describe_events(self, _: Call, params: Params) -> Params:
        """A stack's events by operation. A change set has none: its faults are reported when it is made."""
        if "ChangeSetName" in params and "StackName" not in params:
            return {"OperationEvents": []}
        if "StackName" in params:
            found = self.stacks.events_of(self._existing(params["StackName"])["StackId"])
        else:
            found = [each for _, each in self.stacks.events.items()][::-1]
        if "OperationId" in params:
            found = [each for each in found if each["OperationId"] == params["OperationId"]]
        if params.get("Filters", {}).get("FailedEvents"):
            found = [each for each in found if each["ResourceStatus"].endswith("_FAILED")]
        events = [
            {key: value for key, value in _event(each).items() if key != "StackName"} | {"EventType": "STACK_EVENT"}
            for each in found
        ]
        return page("OperationEvents", events, params.get("NextToken"))

    @operation("DescribeStackResources")
    def describe_stack_resources(self, _: Call, params: Params) -> Params:
        wanted = params.get("LogicalResourceId")
        if "StackName" in params:
            stack = self._existing(params["StackName"])
        else:
            stack = self._with_resource(params.get("PhysicalResourceId", ""))
        found = [
            _resource(stack, each) | {"Timestamp": each["Timestamp"]}
            for name, each in self.stacks.resources(stack["StackId"]).items()
            if wanted in (None, name)
        ]
        return {"StackResources": found}

    @operation("DescribeStackResource")
    def describe_stack_resource(self, _: Call, params: Params) -> Params:
        stack, name = self.stacks.find(params["StackName"]), params["LogicalResourceId"]
        if stack is None:
            raise AwsError("ValidationError", f"Stack '{params['StackName']}' does not exist")
        found = self.stacks.resource(stack["StackId"], name)
        if found is None:
            raise AwsError("ValidationError", f"Resource {name} does not exist for stack {stack['StackName']}")
        metadata = (found.get("Deployed") or {}).get("metadata", {})
        return {
            "StackResourceDetail": _resource(stack, found)
            | {"LastUpdatedTimestamp": found["Timestamp"], "Metadata": json.dumps(metadata)}
        }

    @operation("ListStackResources")
    def list_stack_resources(self, _: Call, params: Params) -> Params:
        stack = self._existing(params["StackName"])
        found = [
            {key: each[key] for key in _RESOURCE_KEYS if each.get(key)} | {"LastUpdatedTimestamp": each["Timestamp"]}
            for each in self.stacks.resources(stack["StackId"]).values()
        ]
        return page("StackResourceSummaries", found, params.get("NextToken"))

    @operation("ListExports")
    def list_exports(self, _: Call, params: Params) -> Params:
        return page("Exports", list(self.stacks.exports().values()), params.get("NextToken"))

    @operation("ListImports")
    def list_imports(self, _: Call, params: Params) -> Params:
        name = params["ExportName"]
        found = self.stacks.importers(name)
        if not found:
            raise AwsError("ValidationError", f"Export '{name}' is not imported by any stack.")
        return page("Imports", found, params.get("NextToken"))

    def _existing(self, name: str) -> Stack:
        stack = self.stacks.find(name)
        if stack is None:
            raise AwsError("ValidationError", f"Stack [{name}] does not exist")
        return stack

    def _with_resource(self, physical_id: str) -> Stack:
        for stack in self.stacks.living():
            for each in self.stacks.resources(stack["StackId"]).values():
                if each["PhysicalResourceId"] == physical_id:
                    return stack
        raise AwsError("ValidationError", f"Stack for {physical_id} does not exist")


def _described(stack: Stack) -> dict[str, Any]:
    """As on AWS, lists that are empty are not there, but for tags and the topics to notify."""
    parameters = stack.get("DescribedParameters")
    found = {key: stack[key] for key in _STACK_KEYS if stack.get(key) not in (None, [])}
    return (
        found
        | ({"Parameters": parameters} if parameters else {})
        | {
            "Tags": [{"Key": key, "Value": value} for key, value in stack["Tags"].items()],
            "NotificationARNs": stack.get("NotificationARNs", []),
            "RollbackConfiguration": {},
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }
    )


def _event(event: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in event.items() if value is not None}
    if event["ResourceType"] != STACK_TYPE and event.get("ResourceProperties") is not None:
        found["ResourceProperties"] = json.dumps(event["ResourceProperties"])
    return found


def _resource(stack: Stack, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        **{key: resource[key] for key in _RESOURCE_KEYS if resource.get(key)},
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
