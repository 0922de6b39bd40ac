"""The parameters that an operation's model has, out of those that a request gives. AWS ignores the rest.

What nobody asked for must not reach the checks: a resource's ARN in a member that the operation does not have would be
taken for the resource of the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.wire.written import Pairs

#: Deeper, AWS's models have nothing but recursion.
_DEEPEST = 64
_OF_EVERY_CALL = frozenset({"Action", "Version"})


def of_document(shape: Any, value: Any, depth: int = 0) -> Any:
    """A JSON value without what the shape does not have."""
    kind = shape.type_name
    if depth > _DEEPEST:
        return value
    if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        members = shape.members
        names = {member.serialization.get("name", name): member for name, member in members.items()}
        return {name: of_document(names[name], item, depth + 1) for name, item in value.items() if name in names}
    if kind == "list" and isinstance(value, list):
        return [of_document(shape.member, item, depth + 1) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {name: of_document(shape.value, item, depth + 1) for name, item in value.items()}
    return value


def of_pairs(shape: Any | None, pairs: Pairs) -> Pairs:
    """The pairs of a query request without those that the shape does not have. ``shape``: None for no parameters."""
    return [pair for pair in pairs if pair[0] in _OF_EVERY_CALL or (shape and _leads(shape, pair[0].split(".")))]


def _leads(shape: Any, path: list[str]) -> bool:
    """Whether a path of names, such as ``Tags.member.1.Key``, leads to a value of the shape."""
    kind = shape.type_name
    if kind == "structure":
        return bool(path) and any(
            _leads(member, path[1:]) for name, member in shape.members.items() if path[0] == _spelled(name, member)
        )
    if kind == "list":
        flattened = shape.serialization.get("flattened")
        if path == [""] or not path:  # an empty list: ``Tags=``
            return True
        rest = path if flattened else path[1:]
        if not flattened and path[0] != shape.member.serialization.get("name", "member"):
            return False
        return bool(rest) and _is_index(rest[0]) and _leads(shape.member, rest[1:])
    if kind == "map":
        flattened = shape.serialization.get("flattened")
        rest = path if flattened else path[1:]
        if (not flattened and (not path or path[0] != "entry")) or len(rest) < 2 or not _is_index(rest[0]):
            return False
        halves = {
            shape.key.serialization.get("name", "key"): shape.key,
            shape.value.serialization.get("name", "value"): shape.value,
        }
        return rest[1] in halves and _leads(halves[rest[1]], rest[2:])
    return not path


def _spelled(name: str, member: Any) -> str:
    """The name of a member in the query protocol."""
    if member.type_name == "list" and member.serialization.get("flattened"):
        return str(member.member.serialization.get("name") or member.serialization.get("name", name))
    return str(member.serialization.get("name", name))


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5
