"""What is wrong with a body, in the words of AWS's validator: ``$context.error.validationErrorString``.

It names missing and unknown properties, the value and what is allowed, but no path.
"""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 300
_TYPES: tuple[tuple[type, str], ...] = (
    *((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")),
    *((list, "array"), (dict, "object")),
)


def schema_fault(error: Any) -> str:
    """``error``: a ValidationError of jsonschema."""
    words = _WORDS.get(error.validator)
    text = words(error) if words else str(error.message)
    return text[:_LONGEST]


def _required(error: Any) -> str:
    missing = [name for name in error.validator_value if name not in error.instance]
    return f"object has missing required properties ({_compact(missing)})"


def _additional(error: Any) -> str:
    known = error.schema.get("properties", {})
    more = sorted(name for name in error.instance if name not in known)
    return f"object instance has properties which are not allowed by the schema: {_compact(more)}"


def _enum(error: Any) -> str:
    allowed = _compact(error.validator_value)
    return f"instance value ({_compact(error.instance)}) not found in enum (possible values: {allowed})"


def _type(error: Any) -> str:
    found = next((name for kind, name in _TYPES if isinstance(error.instance, kind)), "null")
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return f"instance type ({found}) does not match any allowed primitive type (allowed: {_compact(wanted)})"


def _minimum(error: Any) -> str:
    limit, found = error.validator_value, _compact(error.instance)
    if error.schema.get("exclusiveMinimum"):
        return f"numeric instance is not strictly greater than the required minimum {limit}"
    return f"numeric instance is lower than the required minimum (minimum: {limit}, found: {found})"


def _maximum(error: Any) -> str:
    limit, found = error.validator_value, _compact(error.instance)
    if error.schema.get("exclusiveMaximum"):
        return f"numeric instance is not strictly lower than the required maximum {limit}"
    return f"numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"


def _too_short(error: Any) -> str:
    limit, found = error.validator_value, len(error.instance)
    return f'string "{error.instance}" is too short (length: {found}, required minimum: {limit})'


def _too_long(error: Any) -> str:
    limit, found = error.validator_value, len(error.instance)
    return f'string "{error.instance[:50]}" is too long (length: {found}, maximum allowed: {limit})'


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_WORDS = {
    "required": _required,
    "additionalProperties": _additional,
    "enum": _enum,
    "type": _type,
    "minimum": _minimum,
    "maximum": _maximum,
    "minLength": _too_short,
    "maxLength": _too_long,
}
