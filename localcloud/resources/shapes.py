"""CloudFormation properties as the parameters of an API operation.

AWS spells the two alike but for case (``ServiceRole``, ``serviceRole``), and botocore's model of the operation says how
the API spells each member and which type it wants. A property for which the operation has no member is refused by name:
nothing is dropped on the way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

Properties = dict[str, Any]


def call(client: Any, operation: str, properties: Mapping[str, Any], /, **parameters: Any) -> dict[str, Any]:
    """Call an operation with properties, mapped to its members, and with parameters in the API's own spelling."""
    answer: dict[str, Any] = method_of(client, operation)(**api_parameters(client, operation, properties), **parameters)
    return answer


def method_of(client: Any, operation: str) -> Any:
    """boto3's method of an operation."""
    from botocore import xform_name

    return getattr(client, xform_name(operation))


def api_parameters(client: Any, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an operation (``CreateProject``) that carry these properties.

    Raises UnsupportedError naming each property that the operation cannot carry.
    """
    model = client.meta.service_model.operation_model(operation)
    lost: list[str] = []
    found = _structure(model.input_shape, properties, "", lost)
    if lost:
        raise UnsupportedError(f"{', '.join(lost)} (not a parameter of {model.service_model.service_name}:{operation})")
    return found


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same value with these property names replaced, at any depth."""
    if isinstance(value, dict):
        return {names.get(name, name): renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return value


def without(properties: Mapping[str, Any], *names: str) -> Properties:
    """The properties but these, which the caller carries to the API by another way."""
    return {name: value for name, value in properties.items() if name not in names}


def only(properties: Mapping[str, Any], *names: str) -> Properties:
    return {name: properties[name] for name in names if name in properties}


def document(value: Any) -> str:
    """A policy, or another document that a template may write as an object, as the text that the APIs want."""
    return value if isinstance(value, str) else json.dumps(value)


def flag(value: Any) -> bool:
    """A boolean property, which a template may write as text."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def refuse(properties: Mapping[str, Any], *names: str) -> None:
    """Raises UnsupportedError naming those of these properties that the template sets."""
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
    """Templates write ``"true"`` and ``5`` where the API wants ``true`` and ``"5"``, as CloudFormation lets them."""
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
    """Raises where one of these properties changed: AWS has no operation that changes it on what exists."""
    for name in names:
        was, wanted = previous.get(name), properties.get(name)
        if was != wanted:
            raise AwsError(
                "NotUpdatable",
                f"{name} of an existing resource cannot change from {was!r} to {wanted!r}; "
                "give the resource a new logical id, so that it is made anew.",
            )
