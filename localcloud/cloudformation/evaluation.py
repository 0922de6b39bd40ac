"""A template's values: conditions, mappings, intrinsics, pseudo parameters."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from localcloud.cloudformation.template import PSEUDO_PARAMETERS, SUBSTITUTION, Template
from localcloud.cloudformation.values import NO_VALUE, Unknown, contains_unknown, shown
from localcloud.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Resources(Protocol):
    """What is known of the stack's resources at this moment."""

    def ref(self, logical_id: str) -> Any: ...

    def attribute(self, logical_id: str, name: str) -> Any: ...


@dataclass(kw_only=True, slots=True)
class Evaluation:
    """The values of one template with one set of parameters, for one stack."""

    template: Template
    parameters: Mapping[str, Any]
    """Parameter name → value, lists split, SSM parameters looked up."""
    pseudo: Mapping[str, Any]
    resources: Resources
    imported: Callable[[str], str]
    """An export's value; raises AwsError where nobody exports it."""
    _conditions: dict[str, bool] = field(default_factory=dict)

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            definitions = self.template.section("Conditions")
            if name not in definitions:
                raise _error(f"Template error: Unresolved condition {name}")
            self._conditions[name] = self.truth(definitions[name])
        return self._conditions[name]

    def included(self) -> list[str]:
        """The logical ids whose condition holds."""
        return [
            name
            for name, each in self.template.resources.items()
            if each.condition is None or self.condition(each.condition)
        ]

    def truth(self, value: Any) -> bool:
        found = self._condition_or_value(value)
        if isinstance(found, bool):
            return found
        if found in ("true", "false"):
            return bool(found == "true")
        raise _error(f"Template error: {value!r} is not a condition: it gives {found!r}, not true or false")

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic done; dynamic references stay as they are written."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
            if name.startswith("Fn::"):
                raise UnsupportedError(f"The function {name}")
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NO_VALUE}

    def _condition_or_value(self, value: Any) -> Any:
        match value:
            case {"Condition": str(name)} if len(value) == 1:
                return self.condition(name)
            case _:
                return self.resolve(value)

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO_PARAMETERS:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        self._require_included(name)
        return self.resources.ref(name)

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        self._require_included(name)
        return self.resources.attribute(name, self.resolve(attribute))

    def _require_included(self, name: str) -> None:
        found = self.template.resources.get(name)
        if found is None or (found.condition is not None and not self.condition(found.condition)):
            raise _error(f"Template format error: Unresolved resource dependencies [{name}] in the template")

    def _sub(self, argument: Any) -> Any:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        parts: list[Any] = []
        position = 0
        for found in SUBSTITUTION.finditer(text):
            parts.append(text[position : found.start()].replace("${!", "${"))
            name = found[1].strip()
            if name in own:
                parts.append(self.resolve(own[name]))
            else:
                parts.append(self._get_att(name) if "." in name else self._ref(name))
            position = found.end()
        parts.append(text[position:].replace("${!", "${"))
        return _joined(parts, "")

    def _join(self, argument: Any) -> Any:
        delimiter, parts = argument
        return _joined(self._list(parts, "Fn::Join"), delimiter)

    def _select(self, argument: Any) -> Any:
        index, items = self.resolve(argument[0]), self.resolve(argument[1])
        if isinstance(items, Unknown) or isinstance(index, Unknown):
            return Unknown(items.source if isinstance(items, Unknown) else index.source)
        if not isinstance(items, list) or not 0 <= int(index) < len(items):
            raise _error(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        return items[int(index)]

    def _split(self, argument: Any) -> Any:
        text = self.resolve(argument[1])
        if isinstance(text, Unknown):
            return Unknown(text.source)
        return _text(text, "Fn::Split").split(argument[0])

    def _if(self, argument: Any) -> Any:
        name, then, otherwise = argument
        return self.resolve(then if self.condition(name) else otherwise)

    def _find_in_map(self, argument: Any) -> Any:
        place = [self.resolve(part) for part in argument]
        found: Any = self.template.section("Mappings")
        for part in place:
            if not isinstance(found, dict) or str(part) not in found:
                raise _error(f"Template error: Unable to get mapping for {'::'.join(map(str, place))}")
            found = found[str(part)]
        return found

    def _import_value(self, argument: Any) -> Any:
        return self.imported(_text(self.resolve(argument), "Fn::ImportValue"))

    def _base64(self, argument: Any) -> Any:
        text = self.resolve(argument)
        return Unknown(text.source) if isinstance(text, Unknown) else base64.b64encode(str(text).encode()).decode()

    def _cidr(self, argument: Any) -> Any:
        block, count, bits = ([*map(self.resolve, argument), None])[:3]
        if contains_unknown([block, count, bits]):
            return Unknown("Fn::Cidr")
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits or 8))
        return [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]

    def _equals(self, argument: Any) -> bool:
        left, right = map(self.resolve, argument)
        return bool(_scalar(left) == _scalar(right))

    def _and(self, argument: Any) -> bool:
        return all(self.truth(item) for item in argument)

    def _or(self, argument: Any) -> bool:
        return any(self.truth(item) for item in argument)

    def _not(self, argument: Any) -> bool:
        return not self.truth(argument[0])

    def _contains(self, argument: Any) -> bool:
        return _scalar(self.resolve(argument[1])) in map(_scalar, self._list(argument[0], "Fn::Contains"))

    def _each_member_equals(self, argument: Any) -> bool:
        wanted = _scalar(self.resolve(argument[1]))
        return all(_scalar(item) == wanted for item in self._list(argument[0], "Fn::EachMemberEquals"))

    def _each_member_in(self, argument: Any) -> bool:
        allowed = list(map(_scalar, self._list(argument[1], "Fn::EachMemberIn")))
        return all(_scalar(item) in allowed for item in self._list(argument[0], "Fn::EachMemberIn"))

    def _list(self, value: Any, function: str) -> list[Any]:
        found = self.resolve(value)
        if isinstance(found, Unknown):
            return [found]
        if not isinstance(found, list):
            raise _error(f"Template error: {function} wants a list, not {found!r}")
        return found


_FUNCTIONS: dict[str, Callable[[Evaluation, Any], Any]] = {
    "Ref": Evaluation._ref,
    "Fn::And": Evaluation._and,
    "Fn::Base64": Evaluation._base64,
    "Fn::Cidr": Evaluation._cidr,
    "Fn::Contains": Evaluation._contains,
    "Fn::EachMemberEquals": Evaluation._each_member_equals,
    "Fn::EachMemberIn": Evaluation._each_member_in,
    "Fn::Equals": Evaluation._equals,
    "Fn::FindInMap": Evaluation._find_in_map,
    "Fn::GetAtt": Evaluation._get_att,
    "Fn::If": Evaluation._if,
    "Fn::ImportValue": Evaluation._import_value,
    "Fn::Join": Evaluation._join,
    "Fn::Not": Evaluation._not,
    "Fn::Or": Evaluation._or,
    "Fn::Select": Evaluation._select,
    "Fn::Split": Evaluation._split,
    "Fn::Sub": Evaluation._sub,
}


def _joined(parts: list[Any], delimiter: str) -> Any:
    """One text; unknown where a part is, its text showing what is known."""
    for part in parts:
        if isinstance(part, dict | list):
            raise _error(f"Template error: every part of Fn::Join or Fn::Sub must be a string, not {part!r}")
    text = delimiter.join(_scalar(shown(part)) for part in parts)
    sources = [part.source for part in parts if isinstance(part, Unknown)]
    return Unknown(", ".join(dict.fromkeys(sources)), text) if sources else text


def _scalar(value: Any) -> Any:
    """Scalars as CloudFormation compares and joins them: ``true`` and ``5`` are texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _text(value: Any, function: str) -> str:
    if isinstance(value, dict | list | None):
        raise _error(f"Template error: {function} wants a string, not {value!r}")
    return str(_scalar(value))


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
