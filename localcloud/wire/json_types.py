"""Holds a JSON document against the types of a model, as AWS's JSON services do before they look at any value."""

from __future__ import annotations

import math
from typing import Any

from localcloud.platform.errors import AwsError

_NUMBERS = frozenset({"integer", "long", "float", "double", "bigdecimal", "short", "byte"})
_WHOLE = frozenset({"integer", "long", "short", "byte"})
_TEXTS = frozenset({"string", "character", "blob"})
_CONTAINERS = {"structure": dict, "list": list, "map": dict}
#: What AWS calls the type of a model.
_NAMES = {"string": "a String", "character": "a Character", "blob": "a ByteBuffer", "boolean": "a Boolean",
          "integer": "an Integer", "long": "a Long", "float": "a Float", "double": "a Double",
          "bigdecimal": "a BigDecimal", "short": "a Short", "byte": "a Byte"}  # fmt: skip


def check(shape: Any, value: Any, *, body_only: bool = False) -> None:
    """Raises SerializationException for a value of another type. ``body_only``: members of address and headers are not
    in the document. A member that the model does not have is ignored, and a null is none, as on AWS.
    """
    if getattr(shape, "is_document_type", False) or value is None:
        return
    kind = shape.type_name
    if kind not in _CONTAINERS:
        _check_scalar(kind, value)
    elif not isinstance(value, _CONTAINERS[kind]):
        raise _refused(f"Expected {kind} or null")
    elif kind == "structure":
        for name, member in shape.members.items():
            inner = value.get(member.serialization.get("name", name))
            if inner is not None and not (body_only and "location" in member.serialization):
                check(member, inner)
    elif kind == "list":
        for item in value:
            check(shape.member, item)
    else:
        for item in value.values():
            check(shape.value, item)


def _check_scalar(kind: str, value: Any) -> None:
    if isinstance(value, (dict, list)):
        raise _refused(
            f"Start of {'list' if isinstance(value, list) else 'structure or map'} found where not expected."
        )
    if kind == "timestamp":
        fits = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    elif kind == "boolean":
        fits = isinstance(value, bool)
    elif kind in _NUMBERS:
        fits = isinstance(value, int if kind in _WHOLE else (int, float)) and not isinstance(value, bool)
    else:
        fits = kind not in _TEXTS or isinstance(value, str)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        raise _refused(f"{_token(value)} can not be converted to {_NAMES.get(kind, 'a Date')}")


def _token(value: Any) -> str:
    """What the parser of AWS's services calls a value."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _refused(why: str) -> AwsError:
    return AwsError("SerializationException", why)
