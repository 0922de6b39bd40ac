"""Turns CloudFormation properties into the parameters of an API operation.

The two differ in case only (``ServiceRole``, ``serviceRole``). botocore's model of the operation has the API's spelling
and type of each member. A property without a member is refused by name, so that nothing is dropped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]


def call(client: Any, operation: str, properties: Mapping[str, Any], /, **parameters: Any) -> dict[str, Any]:
    """Calls an operation with properties, mapped to its members, and with parameters in the API's spelling."""
    answer: dict[str, Any] = method_of(client, operation)(**api_parameters(client, operation, properties), **parameters)
    return answer


def method_of(client: Any, operation: str) -> Any:
    """boto3's method for an operation."""
    from botocore import xform_name

    return getattr(client, xform_name(operation))


def api_parameters(client: Any, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an operation (``CreateProject``) for these properties.

    Raises UnsupportedError with the name of each property that the operation lacks.
    """
    model = client.meta.service_model.operation_model(operation)
    lost: list[str] = []
    found = _structure(model.input_shape, properties, "", lost)
    if lost:
        raise UnsupportedError(f"{', '.join(lost)} (not a parameter of {model.service_model.service_name}:{operation})")
    return found


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The value with these property names replaced at any depth."""
    if isinstance(value, dict):
        return {names.get(name, name): renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return value


def without(properties: Mapping[str, Any], *names: str) -> Properties:
    """The properties without these, which the caller handles in another way."""
    return {name: value for name, value in properties.items() if name not in names}


def only(properties: Mapping[str, Any], *names: str) -> Properties:
    return {name: properties[name] for name in names if name in properties}


def document(value: Any) -> str:
    """The text of a policy or another document, which a template may write as an object and the APIs want as text."""
    return value if isinstance(value, str) else json.dumps(value)


def flag(value: Any) -> bool:
    """The value of a boolean property, which a template may write as text."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def refuse(properties: Mapping[str, Any], *names: str) -> None:
    """Raises UnsupportedError where the template sets any of these properties."""
    found = [name for name in names if properties.get(name) not in (None, False, [], {})]
    if found:
        raise UnsupportedError(f"The property {', '.join(found)}")


def _structure(shape: Any, properties: Mapping[str, Any], path: str, lost: list[str]) -> dict[str, Any]:
    spelled = {member.lower(): member for member in shape.members}
    found: dict[str, Any] = {}
    for name, value in properties.items():
        here = f"{path}/{name}" if path else name
        member = spelled.get(name.lower())
        if member is None:
            lost.append(here)
        else:
            found[member] = _value(shape.members[member], value, here, lost)
    return found


def _value(shape: Any, value: Any, path: str, lost: list[str]) -> Any:
    kind = shape.type_name
    if kind in _CONTAINERS and not isinstance(value, _CONTAINERS[kind]):
        raise AwsError("ValidationError", f"{path} must be {_SAYS[kind]}, not {value!r}")
    if kind == "structure":
        return _structure(shape, value, path, lost)
    if kind == "list":
        return [_value(shape.member, item, path, lost) for item in value]
    if kind == "map":
        return {str(name): _value(shape.value, item, f"{path}/{name}", lost) for name, item in value.items()}
    return _scalar(kind, value, path)


_CONTAINERS: dict[str, type] = {"structure": dict, "list": list, "map": dict}
_SAYS = {
    "structure": "an object",
    "list": "a list",
    "map": "an object",
    "boolean": "true or false",
    "integer": "an integer",
    "long": "an integer",
    "float": "a number",
    "double": "a number",
}


def _scalar(kind: str, value: Any, path: str) -> Any:
    """Converts scalars: CloudFormation lets templates write ``"true"`` and ``5`` for ``true`` and ``"5"``."""
    try:
        if kind == "boolean" and isinstance(value, str):
            return {"true": True, "false": False}[value.lower()]
        if kind in {"integer", "long"}:
            return int(value)
        if kind in {"float", "double"}:
            return float(value)
    except (KeyError, ValueError, TypeError) as error:
        raise AwsError("ValidationError", f"{path} must be {_SAYS[kind]}, not {value!r}") from error
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    return value


def require_unchanged(properties: Mapping[str, Any], previous: Mapping[str, Any], *names: str) -> None:
    """Raises where one of these properties changed, for AWS cannot change them on an existing resource."""
    for name in names:
        was, wanted = previous.get(name), properties.get(name)
        if was != wanted:
            raise AwsError(
                "NotUpdatable",
                f"{name} of an existing resource cannot change from {was!r} to {wanted!r}; "
                "give the resource a new logical id, so that it is made anew.",
            )
