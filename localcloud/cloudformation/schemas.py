"""The schema of a resource type: its properties, those that cannot change in place, the attributes of Fn::GetAtt.

The schemas are AWS's own, shipped by the installed ``cfn-lint``. A type's schema is read once, when a template uses it.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import patterns
from localcloud.cloudformation.values import Unknown, contains_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A property's place: ``("LifecycleConfiguration", "Rules", "*", "Id")``.
Path_ = tuple[str, ...]
#: Python matches a lookaround, but not in linear time: longer texts are not held against such a pattern.
_LONGEST_LOOKED_AROUND = 256
#: The type whose properties and attributes are its function's own, and the names that users give it.
_CUSTOM = "AWS::CloudFormation::CustomResource"
#: The type whose attributes are the outputs of another template.
_NESTED = "AWS::CloudFormation::Stack"
_OWN_NAME = re.compile(r"Custom::[\w@-]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schema:
    document: dict[str, Any]

    @property
    def type_name(self) -> str:
        name: str = self.document["typeName"]
        return name

    @property
    def create_only(self) -> tuple[Path_, ...]:
        """Properties whose change needs a new resource."""
        return self._paths("createOnlyProperties")

    @property
    def primary_identifier(self) -> tuple[Path_, ...]:
        return self._paths("primaryIdentifier")

    def needs_replacement(self, property_name: str) -> bool:
        return any(path[0] == property_name for path in self.create_only)

    def attribute_exists(self, name: str) -> bool:
        """Whether ``Fn::GetAtt`` knows this attribute, such as ``Arn`` or ``Endpoint.Address``."""
        if is_custom(self.type_name) or (self.type_name == _NESTED and name.startswith("Outputs.")):
            return True
        path = tuple(name.split("."))
        return path in self._paths("readOnlyProperties") or path[0] in self.document["properties"]

    @property
    def tag_property(self) -> tuple[str, bool] | None:
        """The property that holds tags, and whether it is a list of Key and Value (else a map); None without tags."""
        tagging = self.document.get("tagging") or {}
        name = str(tagging.get("tagProperty", "/properties/Tags")).rpartition("/")[2]
        if tagging.get("taggable") is False or name not in self.document["properties"]:
            return None
        return name, "array" in str(self._resolved(self.document["properties"][name]).get("type"))

    @property
    def has_system_tags(self) -> bool:
        """Whether CloudFormation tags resources of the type with their stack and their logical id."""
        tagging = self.document.get("tagging") or {}
        return self.tag_property is not None and tagging.get("cloudFormationSystemTags") is not False

    def problems(self, properties: dict[str, Any]) -> list[str]:
        """The faults of these properties, in CloudFormation's words. Values known after apply pass."""
        return [_words(error) for error in _validator(self.type_name).iter_errors(properties)]

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in part:
            found: dict[str, Any] = self.document["definitions"][part["$ref"].rpartition("/")[2]]
            return found
        return part

    def _paths(self, keyword: str) -> tuple[Path_, ...]:
        return tuple(tuple(path.split("/")[2:]) for path in self.document.get(keyword, []))


def is_custom(type_name: str) -> bool:
    """Whether only a function knows what a resource of the type is, even its id and attributes after a change."""
    return type_name == _CUSTOM or _OWN_NAME.fullmatch(type_name) is not None


@functools.cache
def schema(type_name: str) -> Schema | None:
    """The schema of a type, or None where AWS has no such type."""
    name = _index().get(_CUSTOM if is_custom(type_name) else type_name)
    if name is None:
        return None
    found = _readable(json.loads((_folder() / "resources" / f"{name}.json").read_text()))
    if is_custom(type_name):
        found |= {"typeName": type_name, "additionalProperties": True, "primaryIdentifier": []}
    return Schema(found)


def _readable(part: Any) -> Any:
    """The same schema, with any key allowed where Python does not understand the pattern, which is Java's."""
    if isinstance(part, list):
        return [_readable(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {name: _readable(value) for name, value in part.items()}
    if isinstance(found.get("patternProperties"), dict):
        keys = found["patternProperties"]
        found["patternProperties"] = {key if _compiles(key) else "^": value for key, value in keys.items()}
    return found


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@functools.cache
def _folder() -> Path:
    found = find_spec("cfnlint")
    if found is None or found.origin is None:
        raise RuntimeError("cfn-lint is not installed: its resource schemas drive deployments. Run `uv sync`.")
    return Path(found.origin).parent / "data" / "schemas"


@functools.cache
def _index() -> dict[str, str]:
    index: dict[str, str] = json.loads((_folder() / "providers" / "us-east-1.json").read_text())
    return index


@functools.cache
def _validator(type_name: str) -> Any:
    """A jsonschema validator that is as lenient as CloudFormation: ``"5"`` is a number, ``"true"`` a boolean."""
    from jsonschema import Draft7Validator, validators

    found = schema(type_name)
    assert found is not None  # noqa: S101 - only called by a schema's own method
    kind = validators.extend(  # type: ignore[no-untyped-call]
        Draft7Validator,
        {
            "type": _check_type,
            "enum": _check_enum,
            "const": None,
            "pattern": _check_pattern,
            "oneOf": Draft7Validator.VALIDATORS["anyOf"],
            "uniqueItems": None,
            "required": _check_required,
            "format": None,
        },
    )
    keywords = {
        "type": "object",
        **{key: value for key, value in found.document.items() if key not in {"$schema", "$id"}},
    }
    return kind(keywords)


def _check_type(_: Any, types: str | list[str], value: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(value, Unknown) or any(_fits(kind, value) for kind in ([types] if isinstance(types, str) else types)):
        return
    wanted = types if isinstance(types, str) else " or ".join(types)
    yield ValidationError(f"expected type: {wanted.title()}, found: {_KINDS.get(type(value), 'null')}")


_KINDS = {str: "String", bool: "Boolean", int: "Number", float: "Number", dict: "JSONObject", list: "JSONArray"}


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false", "True", "False")
        case "integer":
            return _number(value) is not None and float(value).is_integer()
        case "number":
            return _number(value) is not None
        case "string":
            return isinstance(value, str | int | float)
        case _:
            return True


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _check_enum(_: Any, allowed: list[Any], value: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not contains_unknown(value) and str(value) not in {str(each) for each in allowed}:
        yield ValidationError(f"{value} is not a valid enum value")


def _check_pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not isinstance(value, str) or "{{resolve:" in value:
        return
    try:
        matched = patterns.matches(pattern, value, whole=False)
    except patterns.PatternError:  # one of AWS's own, with a lookaround
        if len(value) > _LONGEST_LOOKED_AROUND or not _compiles(pattern):
            return
        matched = bool(re.search(pattern, value))
    if not matched:
        yield ValidationError(f"string [{value}] does not match pattern {pattern}")


def _check_required(_: Any, names: list[str], value: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(value, dict):
        for name in names:
            if name not in value:
                yield ValidationError(f"required key [{name}] not found")


def _words(error: Any) -> str:
    place = "/".join(("#", *(str(part) for part in error.absolute_path)))
    if error.validator == "additionalProperties":
        known = set(error.schema.get("properties", {}))
        extra = ", ".join(sorted(set(error.instance) - known))
        return f"{place}: extraneous key [{extra}] is not permitted"
    return f"{place}: {error.message}"
