"""CloudFormation: change sets. A change set is a stored plan. Executing it plans again from the same inputs."""

from __future__ import annotations

import uuid
from typing import Any

from localcloud.cloudformation.changes import changes
from localcloud.cloudformation.operations import CloudFormationOperations, page, refuse, refuse_deployment_config
from localcloud.cloudformation.preparation import READ, Preparation, prepare
from localcloud.cloudformation.stack_operations import check_stack_name, require_updatable
from localcloud.cloudformation.stacks import EXECUTED, Stack, now
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Params, operation

_REFUSED = ("DeploymentMode", "NotificationARNs", "ResourcesToImport", "ResourceTypes", "RollbackConfiguration")
_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSetOperations(CloudFormationOperations):
    @operation("CreateChangeSet")
    def create_change_set(self, call: Call, params: Params) -> Params:
        kind = params.get("ChangeSetType", "UPDATE")
        if kind == "IMPORT":
            raise UnsupportedError("A change set of type IMPORT")
        refuse(params, *_REFUSED)
        refuse_deployment_config(params)
        stack = self._stack_to_change(params, kind)
        self._require_new_name(stack, params["ChangeSetName"])
        prepared = prepare(self.cloud, self.stacks, stack, params, call.caller)
        if kind == "CREATE" and self.stacks.find(stack["StackId"]) is None:
            self.stacks.add(stack, "REVIEW_IN_PROGRESS", DisableRollback=False)
        change_set = self._change_set(stack, params, prepared)
        self.stacks.change_sets.put(change_set["ChangeSetId"], change_set)
        return {"Id": change_set["ChangeSetId"], "StackId": stack["StackId"]}

    @operation("DescribeChangeSet")
    def describe_change_set(self, _: Call, params: Params) -> Params:
        found = self._find(params)
        values = params.get("IncludePropertyValues")
        listed = found["Changes"] if values else [_without_values(change) for change in found["Changes"]]
        hidden = {"Changes", "Inputs"}
        return {key: value for key, value in found.items() if key not in hidden} | page(
            "Changes", listed, params.get("NextToken")
        )

    @operation("ExecuteChangeSet")
    def execute_change_set(self, call: Call, params: Params) -> None:
        found = self._find(params)
        if found["ExecutionStatus"] != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found['ChangeSetId']}] cannot be executed in its current status of [{found['Status']}]",
            )
        stack = self.stacks.get(found["StackId"])
        prepared = prepare(self.cloud, self.stacks, stack, found["Inputs"], call.caller)
        fields: dict[str, Any] = {
            "ChangeSetId": found["ChangeSetId"],
            "ClientRequestToken": params.get("ClientRequestToken"),
            "DisableRollback": bool(params.get("DisableRollback")),
            "RetainExceptOnCreate": bool(params.get("RetainExceptOnCreate")),
        }
        self._run(stack, prepared, found, **fields)
        self._forget_others(found)
        self.engine.give_grace(stack["StackId"])

    @operation("DeleteChangeSet")
    def delete_change_set(self, _: Call, params: Params) -> None:
        try:
            found = self._find(params)
        except AwsError as error:
            if error.code == "ChangeSetNotFound":
                return
            raise
        self.stacks.change_sets.delete(found["ChangeSetId"])

    @operation("ListChangeSets")
    def list_change_sets(self, _: Call, params: Params) -> Params:
        stack = self.stacks.existing(params["StackName"])
        hidden = {"Changes", "Inputs", "Parameters", "Capabilities", "Tags", "OnStackFailure"}
        hidden |= {"NotificationARNs", "RollbackConfiguration"}
        found = [
            {key: value for key, value in each.items() if key not in hidden}
            for _, each in self.stacks.change_sets.items()
            if each["StackId"] == stack["StackId"] and each["ExecutionStatus"] != EXECUTED
        ]
        return page("Summaries", found, params.get("NextToken"))

    def _stack_to_change(self, params: Params, kind: str) -> Stack:
        name = params["StackName"]
        stack = self.stacks.find(name)
        if kind == "CREATE":
            if stack is None:
                check_stack_name(name)
                return self.stacks.blank(name)
            if stack["StackStatus"] != "REVIEW_IN_PROGRESS":
                raise AwsError(
                    "ValidationError",
                    f"Stack [{name}] already exists and cannot be created again with the changeSet "
                    f"[{params['ChangeSetName']}].",
                )
            return stack
        stack = self.stacks.existing(name)
        require_updatable(stack)
        return stack

    def _require_new_name(self, stack: Stack, name: str) -> None:
        if any(
            each["ChangeSetName"] == name
            and each["StackId"] == stack["StackId"]
            and each["ExecutionStatus"] != EXECUTED
            for _, each in self.stacks.change_sets.items()
        ):
            raise AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")

    def _change_set(self, stack: Stack, params: Params, prepared: Preparation) -> dict[str, Any]:
        fields = prepared.fields
        name = params["ChangeSetName"]
        useful = prepared.plan.has_changes or stack.get("StackStatus") in (None, "REVIEW_IN_PROGRESS")
        return {
            "ChangeSetName": name,
            "ChangeSetId": self.cloud.arn("cloudformation", f"changeSet/{name}/{uuid.uuid4()}"),
            "StackId": stack["StackId"],
            "StackName": stack["StackName"],
            "Description": params.get("Description"),
            "CreationTime": now(),
            "Status": "CREATE_COMPLETE" if useful else "FAILED",
            "StatusReason": None if useful else _NO_CHANGES,
            "ExecutionStatus": "AVAILABLE" if useful else "UNAVAILABLE",
            **({"Parameters": fields["DescribedParameters"]} if fields["DescribedParameters"] else {}),
            "Capabilities": fields["Capabilities"],
            **({"Tags": params["Tags"]} if params.get("Tags") else {}),
            "NotificationARNs": [],
            "RollbackConfiguration": {},
            "IncludeNestedStacks": bool(params.get("IncludeNestedStacks")),
            "OnStackFailure": params.get("OnStackFailure"),
            "ImportExistingResources": bool(params.get("ImportExistingResources")),
            "Changes": self.engine.references(stack["StackId"], prepared.make_client).masked(
                changes(prepared.plan, prepared.evaluation.template, _given_anew(stack, fields))
            ),
            "Inputs": {
                READ: fields["Template"],
                "Parameters": [
                    {"ParameterKey": key, "ParameterValue": text} for key, text in fields["Parameters"].items()
                ],
                "Capabilities": fields["Capabilities"],
                "Tags": [{"Key": key, "Value": value} for key, value in fields["Tags"].items()],
                "ImportExistingResources": bool(params.get("ImportExistingResources")),
                **({"RoleARN": fields["RoleARN"]} if "RoleARN" in fields else {}),
            },
        }

    def _run(self, stack: Stack, prepared: Preparation, change_set: dict[str, Any], **fields: Any) -> None:
        disabled = fields["DisableRollback"]
        if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
            on_failure = change_set["OnStackFailure"] or ("DO_NOTHING" if disabled else "ROLLBACK")
            self.engine.create(stack, prepared, on_failure=on_failure, LastUpdatedTime=now(), **fields)
            return
        require_updatable(stack)
        self.engine.update(stack["StackId"], prepared, roll_back=not disabled, LastUpdatedTime=now(), **fields)

    def _forget_others(self, executed: dict[str, Any]) -> None:
        """Makes the stack's change sets obsolete: what they compared with has changed.

        As on AWS, the executed one is neither listed nor found by its name, which is free again, but by its ARN.
        """
        for key, each in self.stacks.change_sets.items():
            if each["StackId"] != executed["StackId"]:
                continue
            if key == executed["ChangeSetId"]:
                self.stacks.change_sets.put(key, {**each, "ExecutionStatus": EXECUTED})
            elif each["ExecutionStatus"] != EXECUTED:
                self.stacks.change_sets.delete(key)

    def _find(self, params: Params) -> dict[str, Any]:
        name = params["ChangeSetName"]
        if name.startswith("arn:"):
            found = self.stacks.change_sets.get(name)
        elif "StackName" not in params:
            raise AwsError(
                "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        else:
            stack = self.stacks.existing(params["StackName"])
            found = next(
                (
                    each
                    for _, each in self.stacks.change_sets.items()
                    if each["StackId"] == stack["StackId"]
                    and each["ChangeSetName"] == name
                    and each["ExecutionStatus"] != EXECUTED
                ),
                None,
            )
        if found is None:
            raise AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)
        return found


def _given_anew(stack: Stack, fields: dict[str, Any]) -> frozenset[str]:
    """The parameters that have another value than before."""
    before = stack["Parameters"]
    return frozenset(name for name, text in fields["Parameters"].items() if name in before and before[name] != text)


def _without_values(change: dict[str, Any]) -> dict[str, Any]:
    """A change without property values, for callers who did not ask for them."""
    own = change["ResourceChange"]
    target_keys = {"Attribute", "Name", "RequiresRecreation"}
    details = [
        {**detail, "Target": {key: value for key, value in detail["Target"].items() if key in target_keys}}
        for detail in own.get("Details", [])
    ]
    shown = {key: value for key, value in own.items() if key not in {"BeforeContext", "AfterContext"}}
    return {**change, "ResourceChange": {**shown, "Details": details}}
