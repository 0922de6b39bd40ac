"""Turns the tags of a template into the form that each API wants.

CloudFormation adds ``aws:cloudformation:…`` tags (``cloudformation/act.py``). The public APIs refuse that prefix from
any caller but this process, and a deploying role needs no permission for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.shapes import method_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Tags = dict[str, str]


def tags_of(properties: Mapping[str, Any]) -> Tags:
    """A resource's tags, from a list or a map. The engine has added the stack's."""
    own = properties.get("Tags") or {}
    if isinstance(own, list):
        own = {tag["Key"]: tag["Value"] for tag in own}
    return {name: str(value) for name, value in own.items()}


def without_system_tags(tags: Tags) -> Tags:
    return {name: text for name, text in tags.items() if not name.startswith("aws:")}


def tag_set(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: tag, value: text} for tag, text in tags.items()]


def tag_parameter(client: Any, operation: str, tags: Tags) -> dict[str, Any]:
    """The operation's parameter for these tags: a map or a list of pairs, as its model says.

    Without tags there is no parameter, because some APIs then require a further permission.
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
    """Changes tags from ``previous`` to ``wanted`` by two operations, such as ``("TagResource", "UntagResource")``."""
    add, remove = operations
    lost = [name for name in previous if name not in wanted]
    if lost:
        members = client.meta.service_model.operation_model(remove).input_shape.members
        name = next(name for name in members if name.lower() in {"tagkeys", "tagstoremove"})
        method_of(client, remove)(**resource, **{name: lost})
    new = {name: value for name, value in wanted.items() if previous.get(name) != value}
    if new:
        method_of(client, add)(**resource, **tag_parameter(client, add, new))


def retag_items(cloudfront: Any, arn: str, previous: Tags, wanted: Tags) -> None:
    """As :func:`retag`, for CloudFront, whose lists of tags and of keys are ``Items``."""
    lost = [name for name in previous if name not in wanted]
    if lost:
        cloudfront.untag_resource(Resource=arn, TagKeys={"Items": lost})
    new = {name: value for name, value in wanted.items() if previous.get(name) != value}
    if new:
        cloudfront.tag_resource(Resource=arn, Tags={"Items": tag_set(new)})
