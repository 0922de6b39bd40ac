"""A plan in the words of a change set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.plan import Action, Plan, PropertyChange, Step
from localcloud.cloudformation.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTIONS = {
    Action.CREATE: "Add",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.DELETE: "Remove",
    Action.RETAIN: "Remove",
    Action.UNCHANGED: "Modify",  # Metadata or a policy alone
}


def changes(plan: Plan) -> list[dict[str, Any]]:
    """DescribeChangeSet's Changes, property values included."""
    return [
        {"Type": "Resource", "ResourceChange": _change(step)}
        for step in plan.steps
        if step.action is not Action.UNCHANGED or step.attributes_changed
    ]


def _change(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Action": _ACTIONS[step.action],
        "LogicalResourceId": step.logical_id,
        "ResourceType": step.type_name,
        "Scope": [],
        "Details": [],
    }
    if step.present is not None:
        found["PhysicalResourceId"] = step.present.physical_id
        found["BeforeContext"] = json.dumps({"Properties": step.present.properties})
    if step.action is Action.RETAIN:
        found["PolicyAction"] = "Retain"
    elif step.action is Action.DELETE:
        found["PolicyAction"] = "Delete"
    if step.wanted:
        found["AfterContext"] = json.dumps({"Properties": shown(step.properties)})
    if found["Action"] == "Modify":
        found["Replacement"] = _replacement(step)
        found["Scope"] = list(_scope(step))
        found["Details"] = [_detail(each) for each in step.changes]
        found["Details"] += [
            {"Target": {"Attribute": name, "RequiresRecreation": "Never"}, "Evaluation": "Static",
             "ChangeSource": "DirectModification"}
            for name in step.attributes_changed
        ]  # fmt: skip
        if step.action is Action.REPLACE:
            policy = step.present.update_replace_policy if step.present else "Delete"
            found["PolicyAction"] = f"ReplaceAnd{policy}"
    return found


def _replacement(step: Step) -> str:
    if step.action is not Action.REPLACE:
        return "False"
    return "True" if any(each.replaces and each.known for each in step.changes) else "Conditional"


def _scope(step: Step) -> Iterator[str]:
    names = {each.name for each in step.changes}
    if names - {"Tags"}:
        yield "Properties"
    if "Tags" in names:
        yield "Tags"
    yield from step.attributes_changed


def _detail(change: PropertyChange) -> dict[str, Any]:
    target = {
        "Attribute": "Tags" if change.name == "Tags" else "Properties",
        "Name": change.name,
        "Path": f"/Properties/{change.name}",
        "RequiresRecreation": "Always" if change.replaces else "Never",
        "AttributeChangeType": change.kind,
    }
    for name, value in (("BeforeValue", change.before), ("AfterValue", change.after)):
        if value is not None:
            text = shown(value)
            target[name] = text if isinstance(text, str) else json.dumps(text)
    return {
        "Target": target,
        "Evaluation": "Static" if change.known else "Dynamic",
        "ChangeSource": "DirectModification" if change.known else "ResourceAttribute",
    }
