"""Turns CloudFront's properties into the API's parameters: a list is ``{"Quantity": 1, "Items": […]}`` there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.shapes import api_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Property → the API's member, where they differ in more than case.
_NAMES = {"IPV6Enabled": "IsIPV6Enabled", "OriginCustomHeaders": "CustomHeaders"}


def config(client: Any, operation: str, member: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's parameter ``member`` (``CachePolicyConfig``) for these properties.

    Raises UnsupportedError with the name of each property that the operation lacks.
    """
    shape = client.meta.service_model.operation_model(operation).input_shape.members[member]
    found: dict[str, Any] = api_parameters(client, operation, {member: _quantified(shape, properties)})[member]
    return found


def _quantified(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "list" and isinstance(value, list):
        return [_quantified(shape.member, item) for item in value]
    if kind != "structure" or not isinstance(value, (dict, list)):
        return value
    members = {name.lower(): member for name, member in shape.members.items()}
    if {"quantity", "items"} <= members.keys():
        return _counted(members, value)
    if isinstance(value, list):
        return value
    renamed = {_NAMES.get(str(name), str(name)): item for name, item in value.items()}
    return {name: _quantified(members.get(name.lower(), _NOTHING), item) for name, item in renamed.items()}


def _counted(members: Mapping[str, Any], value: dict[str, Any] | list[Any]) -> dict[str, Any]:
    """A list, or an object whose ``Items`` has the list."""
    beside = {} if isinstance(value, list) else {name: item for name, item in value.items() if name != "Items"}
    found = value if isinstance(value, list) else value.get("Items") or []
    beside = {name: _quantified(members.get(name.lower(), _NOTHING), item) for name, item in beside.items()}
    listed = {"Items": _quantified(members["items"], found)} if found else {}
    return {"Quantity": len(found), **beside, **listed}


class _Nothing:
    type_name = "nothing"


_NOTHING = _Nothing()
