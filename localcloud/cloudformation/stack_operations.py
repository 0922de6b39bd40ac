"""CloudFormation: operations that create, change, cancel or delete a stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.cloudformation import nesting, stack_policy_source
from localcloud.cloudformation.engine import require_idle, require_new_name
from localcloud.cloudformation.operations import CloudFormationOperations, refuse, refuse_deployment_config
from localcloud.cloudformation.preparation import prepare
from localcloud.cloudformation.stacks import Stack, now
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Params, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

#: AWS's parameters that would change the outcome and that the engine does not support.
_REFUSED = ("NotificationARNs", "ResourceTypes", "RollbackConfiguration", "TimeoutInMinutes")
UPDATABLE = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"),
        # What failed and was not rolled back may be tried again.
        *("CREATE_FAILED", "UPDATE_FAILED"),
    }
)
_STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")


class StackOperations(CloudFormationOperations):
    @operation("CreateStack")
    def create_stack(self, call: Call, params: Params) -> Params:
        refuse(params, *_REFUSED)
        refuse_deployment_config(params)
        name = params["StackName"]
        check_stack_name(name)
        if params.get("OnFailure") and params.get("DisableRollback"):
            raise AwsError("ValidationError", "You can specify either DisableRollback or OnFailure, but not both.")
        stack = self.stacks.find(name)
        if stack is None or stack["StackStatus"] != "REVIEW_IN_PROGRESS":
            require_new_name(self.stacks, name)
            stack = self.stacks.blank(name)
        policy = stack_policy_source.given(params, self.cloud, call.caller)
        family = nesting.taken_out(params, self.stacks)
        prepared = prepare(self.cloud, self.stacks, stack, params, call.caller)
        self.engine.create(
            stack,
            prepared,
            on_failure=params.get("OnFailure", "DO_NOTHING" if params.get("DisableRollback") else "ROLLBACK"),
            DisableRollback=bool(params.get("DisableRollback")),
            EnableTerminationProtection=bool(params.get("EnableTerminationProtection")),
            RetainExceptOnCreate=bool(params.get("RetainExceptOnCreate")),
            ClientRequestToken=params.get("ClientRequestToken"),
            StackPolicy=policy,
            **family,
        )
        self.stacks.forget_change_sets(stack["StackId"])
        return {"StackId": stack["StackId"]}

    @operation("UpdateStack")
    def update_stack(self, call: Call, params: Params) -> Params:
        refuse(params, *_REFUSED)
        refuse_deployment_config(params)
        stack = self.stacks.existing(params["StackName"])
        require_updatable(stack)
        params = nesting.gone_back(params, stack)
        policies = {
            name: stack_policy_source.given(params, self.cloud, call.caller, name=name)
            for name in ("StackPolicy", "StackPolicyDuringUpdate")
        }
        prepared = prepare(self.cloud, self.stacks, stack, params, call.caller)
        if not prepared.plan.has_changes:
            raise AwsError("ValidationError", "No updates are to be performed.")
        self.engine.update(
            stack["StackId"],
            prepared,
            roll_back=not params.get("DisableRollback"),
            LastUpdatedTime=now(),
            RetainExceptOnCreate=bool(params.get("RetainExceptOnCreate")),
            ClientRequestToken=params.get("ClientRequestToken"),
            **{name: policy for name, policy in policies.items() if policy is not None},
        )
        return {"StackId": stack["StackId"]}

    @operation("DeleteStack")
    def delete_stack(self, call: Call, params: Params) -> None:
        refuse_deployment_config(params)
        if params.get("DeletionMode", "STANDARD") != "STANDARD":
            raise UnsupportedError(f"DeletionMode {params['DeletionMode']}")
        stack = self.stacks.find(params["StackName"])
        if stack is None or stack["StackStatus"] in {"DELETE_COMPLETE", "DELETE_IN_PROGRESS"}:
            return
        nesting.refuse_protected(stack, self.stacks, self.cloud.clients, call.caller)
        retain = frozenset(params.get("RetainResources", []))
        if retain and stack["StackStatus"] != "DELETE_FAILED":
            raise AwsError(
                "ValidationError",
                "Invalid operation on stack [" + stack["StackId"] + "]. When you delete a stack, specify which "
                "resources to retain only when the stack is in the DELETE_FAILED state.",
            )
        self.engine.delete(
            stack,
            call.caller,
            retain=retain,
            role_arn=params.get("RoleARN"),
            ClientRequestToken=params.get("ClientRequestToken"),
        )
        self.engine.give_grace(stack["StackId"])

    @operation("CancelUpdateStack")
    def cancel_update_stack(self, _: Call, params: Params) -> None:
        stack = self._require(params["StackName"])
        if stack["StackStatus"] != "UPDATE_IN_PROGRESS":
            raise AwsError(
                "ValidationError",
                f"CancelUpdateStack cannot be called from current stack status {stack['StackStatus']}",
            )
        self.engine.cancel(stack["StackId"])

    @operation("ContinueUpdateRollback")
    def continue_update_rollback(self, call: Call, params: Params) -> None:
        refuse(params, "ForceRollback")
        stack = self._require(params["StackName"])
        self._require_status(stack, {"UPDATE_ROLLBACK_FAILED"}, "ContinueUpdateRollback")
        role = {"RoleARN": params["RoleARN"]} if params.get("RoleARN") else {}
        skip = frozenset(params.get("ResourcesToSkip", []))
        self.engine.roll_back(stack, call.caller, skip=skip, **role)

    @operation("RollbackStack")
    def rollback_stack(self, call: Call, params: Params) -> Params:
        refuse_deployment_config(params)
        stack = self._require(params["StackName"])
        self._require_status(stack, {"CREATE_FAILED", "UPDATE_FAILED", "ROLLBACK_FAILED"}, "RollbackStack")
        role = {"RoleARN": params["RoleARN"]} if params.get("RoleARN") else {}
        self.engine.roll_back(stack, call.caller, RetainExceptOnCreate=bool(params.get("RetainExceptOnCreate")), **role)
        return {"StackId": stack["StackId"]}

    @operation("UpdateTerminationProtection")
    def update_termination_protection(self, _: Call, params: Params) -> Params:
        stack = self._require(params["StackName"])
        nesting.require_root(stack)
        self.stacks.change(stack["StackId"], EnableTerminationProtection=params["EnableTerminationProtection"])
        return {"StackId": stack["StackId"]}

    @operation("SetStackPolicy")
    def set_stack_policy(self, call: Call, params: Params) -> None:
        stack = self._require(params["StackName"])
        policy = stack_policy_source.given(params, self.cloud, call.caller)
        if policy is None:
            raise AwsError("ValidationError", "Either StackPolicyBody or StackPolicyURL must be specified.")
        self.stacks.change(stack["StackId"], StackPolicy=policy)

    @operation("GetStackPolicy")
    def get_stack_policy(self, _: Call, params: Params) -> Params:
        policy = self._require(params["StackName"]).get("StackPolicy")
        return {"StackPolicyBody": policy} if policy else {}

    def _require(self, name: str) -> Stack:
        stack = self.stacks.find(name)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            raise AwsError("ValidationError", f"Stack [{name}] does not exist")
        return stack

    def _require_status(self, stack: Stack, allowed: Iterable[str], what: str) -> None:
        if stack["StackStatus"] not in allowed:
            raise AwsError(
                "ValidationError",
                f"{what} is not allowed for stack {stack['StackName']} in status {stack['StackStatus']}; "
                f"it is for {', '.join(sorted(allowed))}.",
            )


def check_stack_name(name: str) -> None:
    if not _STACK_NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
        )


def require_updatable(stack: Stack) -> None:
    require_idle(stack)
    if stack["StackStatus"] not in UPDATABLE:
        raise AwsError(
            "ValidationError",
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated.",
        )
