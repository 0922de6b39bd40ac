"""Tags: what a template says, and how each API wants them.

CloudFormation adds ``aws:cloudformation:…`` tags with AWS's own authority. The public APIs refuse that prefix from any
caller, the deploying role included, so the local cloud leaves them out; this is the place to add them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.shapes import method_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Tags = dict[str, str]


def tags_of(properties: Mapping[str, Any]) -> Tags:
    """A resource's tags, written as a list or as a map; the engine put the stack's among them."""
    own = properties.get("Tags") or {}
    if isinstance(own, list):
        own = {tag["Key"]: tag["Value"] for tag in own}
    return {name: str(value) for name, value in own.items()}


def tag_set(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: tag, value: text} for tag, text in tags.items()]


def tag_parameter(client: Any, operation: str, tags: Tags) -> dict[str, Any]:
    """The parameter of an operation that carries these tags: a map or a list of pairs, as its model says.

    No tags, no parameter: some APIs ask for a further permission where there is one.
    """
    if not tags:
        return {}
    members = client.meta.service_model.operation_model(operation).input_shape.members
    name = next(name for name in members if name.lower() in {"tags", "tagstoadd"})
    if members[name].type_name == "map":
        return {name: tags}
    key, value = members[name].member.members
    return {name: tag_set(tags, key, value)}


def retag(client: Any, operations: tuple[str, str], resource: Mapping[str, Any], previous: Tags, wanted: Tags) -> None:
    """Make ``wanted`` of ``previous`` by an API's two operations, such as ``("TagResource", "UntagResource")``."""
    add, remove = operations
    lost = [name for name in previous if name not in wanted]
    if lost:
        members = client.meta.service_model.operation_model(remove).input_shape.members
        name = next(name for name in members if name.lower() in {"tagkeys", "tagstoremove"})
        method_of(client, remove)(**resource, **{name: lost})
    new = {name: value for name, value in wanted.items() if previous.get(name) != value}
    if new:
        method_of(client, add)(**resource, **tag_parameter(client, add, new))
