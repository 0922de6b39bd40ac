"""A CloudFormation template, read as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: The metadata of a policy that says why its wildcards are there.
REASONS = "Wildcards"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of an IAM policy. ``holder`` is the logical id of the policy; intrinsics are rendered as text."""

    holder: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: dict[str, Any]


class Template:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.resources: dict[str, dict[str, Any]] = document["Resources"]

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def only(self, resource_type: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.of_type(resource_type).values()
        return properties

    def identity_statements(self) -> Iterator[Statement]:
        """The statements of every policy of a role."""
        for logical_id, policy in self.of_type("AWS::IAM::Policy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield Statement(
                    holder=logical_id,
                    effect=statement["Effect"],
                    actions=tuple(as_list(statement["Action"])),
                    resources=tuple(render(resource) for resource in as_list(statement["Resource"])),
                    conditions=statement.get("Condition", {}),
                )


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def render(value: Any) -> str:
    """``{"Fn::GetAtt": ["Role", "Arn"]}`` → ``${Role.Arn}``; raises ValueError for an intrinsic not known here."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Select": [index, {"Fn::Split": [separator, whole]}]}:
            return f"${{{render(whole)} at {separator}{index}}}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(render(part) for part in parts)
    raise ValueError(f"{value!r} is no intrinsic that a test reads")
