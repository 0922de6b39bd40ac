"""A plan in the words of a change set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.plan import Action, Plan, PropertyChange, Step
from localcloud.cloudformation.template import references
from localcloud.cloudformation.values import Unknown, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.cloudformation.template import Template

_ACTIONS = {
    Action.CREATE: "Add",
    Action.IMPORT: "Import",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.DELETE: "Remove",
    Action.RETAIN: "Remove",
    Action.UNCHANGED: "Modify",  # Metadata or a policy alone
}


#: A stack in the stack, whose template may be another one by now.
_AUTOMATIC = {
    "Target": {"Attribute": "Properties", "RequiresRecreation": "Never"},
    "Evaluation": "Dynamic",
    "ChangeSource": "Automatic",
}


def changes(plan: Plan, template: Template, given_anew: frozenset[str]) -> list[dict[str, Any]]:
    """DescribeChangeSet's Changes, property values included. ``given_anew``: parameters that have another value now."""
    return [
        {"Type": "Resource", "ResourceChange": _change(step, _Causes(step, template, given_anew))}
        for step in plan.steps
        if step.action is not Action.UNCHANGED or step.attributes_changed
    ]


@dataclass(frozen=True, slots=True)
class _Causes:
    """Why the properties of a resource change."""

    step: Step
    template: Template
    given_anew: frozenset[str]

    def of(self, change: PropertyChange) -> Iterator[dict[str, Any]]:
        """A detail's evaluation, source and cause; one for each, and two where parameters are the cause."""
        definition = self.template.resources.get(self.step.logical_id)
        named = list(references(definition.properties.get(change.name))) if definition else []
        parameters = sorted({name for name, _ in named} & self.given_anew)
        sources = sorted({source for each in _unknowns(change.after) for source in each.source.split(", ")})
        for name in parameters:
            yield {"Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": name}
        for source in sources:
            kind = "ResourceAttribute" if "." in source else "ResourceReference"
            yield {"Evaluation": "Dynamic", "ChangeSource": kind, "CausingEntity": source}
        if not sources:
            yield {"Evaluation": "Dynamic" if parameters else "Static", "ChangeSource": "DirectModification"}


def _unknowns(value: Any) -> Iterator[Unknown]:
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _unknowns(item)
    elif isinstance(value, list):
        for item in value:
            yield from _unknowns(item)


def _change(step: Step, causes: _Causes) -> dict[str, Any]:
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
    if step.imported:
        found["PhysicalResourceId"] = step.imported
    if step.action is Action.RETAIN:
        found["PolicyAction"] = "Retain"
    elif step.action is Action.DELETE:
        found["PolicyAction"] = "Delete"
    if step.wanted:
        found["AfterContext"] = json.dumps({"Properties": shown(step.properties)})
    if found["Action"] == "Modify":
        found["Replacement"] = _replacement(step)
        found["Scope"] = list(_scope(step))
        found["Details"] = [_detail(each, cause) for each in step.changes for cause in causes.of(each)]
        found["Details"] += [_AUTOMATIC] if step.automatic else []
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
    if names - {"Tags"} or step.automatic:
        yield "Properties"
    if "Tags" in names:
        yield "Tags"
    yield from step.attributes_changed


def _detail(change: PropertyChange, cause: dict[str, Any]) -> dict[str, Any]:
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
    return {"Target": target, **cause}
