"""Stacks in stacks: whose child a stack is, and what only its root stack decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.authority import PRINCIPAL
from localcloud.cloudformation.preparation import READ
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.resources.aws_cloudformation_stack import BACK_TAG, PARENT_TAG

if TYPE_CHECKING:
    from localcloud.cloudformation.stacks import Stack, Stacks
    from localcloud.platform.clients import Clients
    from localcloud.platform.service import Caller, Params

#: What the local cloud makes of one stack. AWS has no limit of levels, and one of 2,500 resources.
_MOST_LEVELS = 10
_MOST_STACKS = 200


def taken_out(params: Params, stacks: Stacks) -> dict[str, Any]:
    """ParentId and RootId of a stack that another one makes: CloudFormation's own tag names the parent."""
    tags = params.get("Tags", [])
    parent = next((tag["Value"] for tag in tags if tag["Key"] == PARENT_TAG), None)
    if parent is None:
        return {}
    params["Tags"] = [tag for tag in tags if tag["Key"] != PARENT_TAG]
    root = str(stacks.get(parent).get("RootId", parent))
    _check_family(parent, root, stacks)
    return {"ParentId": parent, "RootId": root}


def _check_family(parent: str, root: str, stacks: Stacks) -> None:
    """Raises UnsupportedError for more stacks than the local cloud makes of one: a template may name itself."""
    levels, above = 1, stacks.get(parent)
    while "ParentId" in above and levels <= _MOST_LEVELS:
        levels, above = levels + 1, stacks.get(above["ParentId"])
    if levels > _MOST_LEVELS:
        raise UnsupportedError(f"cloudformation: stacks in stacks on more than {_MOST_LEVELS} levels (of {root})")
    if sum(stack.get("RootId") == root for stack in stacks.living()) >= _MOST_STACKS:
        raise UnsupportedError(f"cloudformation: more than {_MOST_STACKS} stacks in one stack ({root})")


def gone_back(params: Params, stack: Stack) -> Params:
    """The parameters of an update of a stack in a stack to what it was before, where its parent goes back."""
    if all(tag["Key"] != BACK_TAG for tag in params.get("Tags", [])):
        return params
    former = stack.get("Former")
    if not former:
        raise AwsError("ValidationError", "No updates are to be performed.")
    given = [{"ParameterKey": key, "ParameterValue": text} for key, text in former["Parameters"].items()]
    return {
        "StackName": params["StackName"],
        READ: former["Template"],
        "Parameters": given,
        "Capabilities": former["Capabilities"],
        "Tags": [{"Key": key, "Value": text} for key, text in former["Tags"].items()],
    }


def is_protected(stack: Stack, stacks: Stacks) -> bool:
    """Whether the stack may not be deleted; for a stack in a stack, the root stack says so."""
    root = stacks.find(stack["RootId"]) if "RootId" in stack else stack
    return bool(root and root["EnableTerminationProtection"])


def refuse_protected(stack: Stack, stacks: Stacks, clients: Clients, caller: Caller) -> None:
    """Raises AwsError unless the stack may be deleted by this caller. An update of its parent may delete it."""
    if not is_protected(stack, stacks) or ("RootId" in stack and _is_cloudformation(clients, caller)):
        return
    message = f"Stack [{stack['StackName']}] cannot be deleted while TerminationProtection is enabled"
    raise AwsError("ValidationError", message)


def require_root(stack: Stack) -> None:
    if "RootId" in stack:
        message = (
            "For nested stacks, termination protection is set on the root stack and can't be changed directly on the "
            f"nested stack; the root stack of {stack['StackName']} is {stack['RootId']}."
        )
        raise AwsError("ValidationError", message)


def _is_cloudformation(clients: Clients, caller: Caller) -> bool:
    """Whether the call is part of an operation on the parent, by a forward access session or a stack's role."""
    return PRINCIPAL in caller.via or clients.assumed_for(caller.access_key_id)[0] == PRINCIPAL
