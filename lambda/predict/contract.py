"""Holds a request's JSON against the schema that the API publishes. A refusal names the field and what is allowed.

API Gateway holds it against the same schema, but does not say which field is wrong.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from refusals import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How much of a wrong value, and of an unknown member's name, is shown.
_SHOWN = 80
_NUMBERS: Mapping[str, str] = {"number": "a number", "integer": "a whole number"}
#: What of a field's schema says what is allowed.
_RULES = ("type", "enum", "minimum", "maximum", "minLength", "maxLength", "pattern")


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Refuses NaN, Infinity, members that occur twice, and what is not Unicode."""
    try:
        found = json.loads(body.decode(), parse_constant=_no_number, object_pairs_hook=_once)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is no JSON: {_reason(error)}") from None
    if not isinstance(found, dict):
        raise bad_request("The body must be a JSON object.", allowed={"type": "object"})
    return found


def checked(request: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raises RefusedError for the first member that the schema refuses."""
    properties = schema["properties"]
    for name in schema["required"]:
        if name not in request:
            raise bad_request(f"{name} is missing.", field=name, allowed=rules(properties[name]))
    for name, value in request.items():
        if name not in properties:
            shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
            known = ", ".join(properties)
            raise bad_request(f"{shown} is no member of a request; known are {known}.", field=shown)
        if fault := _fault(value, properties[name]):
            raise bad_request(
                f"{name} is {_shown(value)}: expected {fault}.", field=name, allowed=rules(properties[name])
            )


def rules(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What of a field's schema says what is allowed."""
    return {key: schema[key] for key in _RULES if key in schema}


def _fault(value: Any, schema: Mapping[str, Any]) -> str | None:
    """What was expected instead, or None. The schemas are those of ``handover/door_schema.py``."""
    kind = schema["type"]
    if kind == "string":
        return _fault_of_text(value, schema) if isinstance(value, str) else "a text"
    if type(value) not in (int, float):
        return _NUMBERS[kind]
    if not schema["minimum"] <= value <= schema["maximum"]:
        return f"{schema['minimum']} to {schema['maximum']}"
    return _NUMBERS[kind] if kind == "integer" and value != int(value) else None


def _fault_of_text(value: str, schema: Mapping[str, Any]) -> str | None:
    if "enum" in schema and value not in schema["enum"]:
        return f"one of {', '.join(schema['enum'])}"
    if len(value) < schema.get("minLength", 0):
        return "text"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        return f"at most {schema['maxLength']} characters"
    return None


def _shown(value: Any) -> str:
    """A value as JSON, cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member occurs twice")
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply."
    if isinstance(error, UnicodeError):
        return "it is not Unicode in UTF-8."
    return f"{error}."[:200]
