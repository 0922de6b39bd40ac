"""The intrinsic functions, by name. Each takes the evaluation that calls it and its argument, and returns a value."""

from __future__ import annotations

import base64
import ipaddress
import json
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from localcloud.cloudformation.limits import CIDR_COUNT
from localcloud.cloudformation.template import PSEUDO_PARAMETERS, SUBSTITUTION, unresolved
from localcloud.cloudformation.values import NO_VALUE, Unknown, contains_unknown, shown
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.cloudformation.template import Template


class Resources(Protocol):
    """The stack's resources as far as they are known."""

    def ref(self, logical_id: str) -> Any: ...

    def attribute(self, logical_id: str, name: str) -> Any: ...


class Values(Protocol):
    """The part of an evaluation that functions use."""

    @property
    def template(self) -> Template: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...

    @property
    def pseudo(self) -> Mapping[str, Any]: ...

    @property
    def resources(self) -> Resources: ...

    @property
    def block(self) -> str: ...

    @property
    def imported(self) -> Callable[[str], Any]: ...

    def condition(self, name: str) -> bool: ...

    def truth(self, value: Any) -> bool: ...

    def resolve(self, value: Any) -> Any: ...

    def spend(self, characters: int) -> None: ...


Intrinsic: TypeAlias = "Callable[[Values, Any], Any]"


def _ref(values: Values, name: Any) -> Any:
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in PSEUDO_PARAMETERS:
        return values.pseudo[name]
    if name in values.parameters:
        return values.parameters[name]
    _require_included(values, name)
    return values.resources.ref(name)


def _get_att(values: Values, argument: Any) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    _require_included(values, name)
    return values.resources.attribute(name, values.resolve(attribute))


def _require_included(values: Values, name: str) -> None:
    found = values.template.resources.get(name)
    if found is None or (found.condition is not None and not values.condition(found.condition)):
        raise unresolved([name], values.block)


def _sub(values: Values, argument: Any) -> Any:
    text, own = (argument, {}) if isinstance(argument, str) else argument
    parts: list[Any] = []
    position = 0
    for found in SUBSTITUTION.finditer(text):
        parts.append(text[position : found.start()].replace("${!", "${"))
        name = found[1].strip()
        if name in own:
            parts.append(values.resolve(own[name]))
        elif name == "AWS::NotificationARNs":
            parts.append(",".join(values.pseudo[name]))
        else:
            parts.append(_get_att(values, name) if "." in name else _ref(values, name))
        position = found.end()
    parts.append(text[position:].replace("${!", "${"))
    return _joined(values, parts, "")


def _join(values: Values, argument: Any) -> Any:
    delimiter, parts = argument
    return _joined(values, _list(values, parts, "Fn::Join"), _text(delimiter, "Fn::Join"))


def _select(values: Values, argument: Any) -> Any:
    index, items = values.resolve(argument[0]), values.resolve(argument[1])
    if isinstance(items, Unknown) or isinstance(index, Unknown):
        return Unknown(items.source if isinstance(items, Unknown) else index.source)
    if not isinstance(items, list) or not 0 <= int(index) < len(items):
        raise _error(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[int(index)]


def _split(values: Values, argument: Any) -> Any:
    text = values.resolve(argument[1])
    if isinstance(text, Unknown):
        return Unknown(text.source)
    return _text(text, "Fn::Split").split(argument[0])


def _if(values: Values, argument: Any) -> Any:
    name, then, otherwise = argument
    return values.resolve(then if values.condition(name) else otherwise)


def _find_in_map(values: Values, argument: Any) -> Any:
    argument, default = _apart(values, argument)
    place = [values.resolve(part) for part in argument]
    found: Any = values.template.section("Mappings")
    for part in place:
        if not isinstance(found, dict) or str(part) not in found:
            if default is not None:
                return values.resolve(default)
            raise _error(f"Template error: Unable to get mapping for {'::'.join(map(str, place))}")
        found = found[str(part)]
    return found


def _apart(values: Values, argument: Any) -> tuple[Any, Any]:
    """A place in Mappings, and what the language extensions allow behind it: the value where there is no such place."""
    match argument:
        case [*place, {"DefaultValue": default}] if values.template.transforms:
            return place, default
        case _:
            return argument, None


def _length(values: Values, argument: Any) -> int:
    found = values.resolve(argument)
    if not isinstance(found, list):
        raise _error(f"Template error: Fn::Length wants a list whose length is known before, not {argument!r}")
    return len(found)


def _to_json_string(values: Values, argument: Any) -> Any:
    if not isinstance(argument, dict | list):
        raise _error(f"Template error: Fn::ToJsonString wants an object or a list, not {argument!r}")
    found = values.resolve(argument)
    text = json.dumps(shown(found), separators=(",", ":"), ensure_ascii=False)
    values.spend(len(text))
    return Unknown("Fn::ToJsonString", text) if contains_unknown(found) else text


def _import_value(values: Values, argument: Any) -> Any:
    return values.imported(_text(values.resolve(argument), "Fn::ImportValue"))


def _base64(values: Values, argument: Any) -> Any:
    text = values.resolve(argument)
    return Unknown(text.source) if isinstance(text, Unknown) else base64.b64encode(str(text).encode()).decode()


def _cidr(values: Values, argument: Any) -> Any:
    block, count, bits = ([*map(values.resolve, argument), None])[:3]
    if contains_unknown([block, count, bits]):
        return Unknown("Fn::Cidr")
    if not 1 <= int(count) <= CIDR_COUNT:
        raise _error(f"Template error: Fn::Cidr makes between 1 and {CIDR_COUNT} blocks, not {count}")
    network = ipaddress.ip_network(block)
    subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits or 8))
    found = [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]
    if len(found) < int(count):
        raise _error(f"Template error: Fn::Cidr: {block} has no {count} blocks of that size")
    return found


def _equals(values: Values, argument: Any) -> bool:
    left, right = map(values.resolve, argument)
    return bool(_scalar(left) == _scalar(right))


def _and(values: Values, argument: Any) -> bool:
    return all(values.truth(item) for item in argument)


def _or(values: Values, argument: Any) -> bool:
    return any(values.truth(item) for item in argument)


def _not(values: Values, argument: Any) -> bool:
    return not values.truth(argument[0])


def _contains(values: Values, argument: Any) -> bool:
    return _scalar(values.resolve(argument[1])) in map(_scalar, _list(values, argument[0], "Fn::Contains"))


def _each_member_equals(values: Values, argument: Any) -> bool:
    wanted = _scalar(values.resolve(argument[1]))
    return all(_scalar(item) == wanted for item in _list(values, argument[0], "Fn::EachMemberEquals"))


def _each_member_in(values: Values, argument: Any) -> bool:
    allowed = list(map(_scalar, _list(values, argument[1], "Fn::EachMemberIn")))
    return all(_scalar(item) in allowed for item in _list(values, argument[0], "Fn::EachMemberIn"))


def _list(values: Values, value: Any, function: str) -> list[Any]:
    found = values.resolve(value)
    if isinstance(found, Unknown):
        return [found]
    if not isinstance(found, list):
        raise _error(f"Template error: {function} wants a list, not {found!r}")
    return found


def _joined(values: Values, parts: list[Any], delimiter: str) -> Any:
    """The joined text. It is unknown where a part is, and then shows the known parts."""
    for part in parts:
        if isinstance(part, dict | list):
            raise _error(f"Template error: every part of Fn::Join or Fn::Sub must be a string, not {part!r}")
    texts = [str(_scalar(shown(part))) for part in parts]
    values.spend(sum(map(len, texts)) + len(delimiter) * len(texts))
    text = delimiter.join(texts)
    sources = [part.source for part in parts if isinstance(part, Unknown)]
    return Unknown(", ".join(dict.fromkeys(sources)), text) if sources else text


def _scalar(value: Any) -> Any:
    """A scalar as CloudFormation compares and joins it: ``true`` and ``5`` are texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _text(value: Any, function: str) -> str:
    if isinstance(value, dict | list | None):
        raise _error(f"Template error: {function} wants a string, not {value!r}")
    return str(_scalar(value))


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)


INTRINSICS: dict[str, Intrinsic] = {
    "Ref": _ref,
    "Fn::And": _and,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Not": _not,
    "Fn::Or": _or,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json_string,
}
