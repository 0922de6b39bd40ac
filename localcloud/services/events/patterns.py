"""Event patterns. moto's filters decide about single values; patterns that AWS refuses are refused at once."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.platform.service_events import Event

_ABSENT = object()
_COMPARISONS = frozenset({"<", "<=", "=", ">=", ">"})


def read_pattern(text: str) -> dict[str, Any]:
    """The pattern; raises AwsError InvalidEventPatternException with the place and the reason."""
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise _invalid(f"{error}") from error
    if not isinstance(pattern, dict) or not pattern:
        raise _invalid("Filter is not an object")
    _check_object(pattern, "")
    return pattern


def matches(pattern: dict[str, Any], event: Event) -> bool:
    return _matches(pattern, json.loads(json.dumps(event)))


def _matches(pattern: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Whether an object of an event matches. An array of objects matches where one of them does as a whole."""
    return all(
        any(_matches(each, node) for each in wanted) if name == "$or" else _matches_at(wanted, node.get(name, _ABSENT))
        for name, wanted in pattern.items()
    )


def _matches_at(wanted: dict[str, Any] | list[Any], value: Any) -> bool:
    if isinstance(wanted, dict):
        inner = [each for each in _flat(value) if isinstance(each, dict)] if isinstance(value, list) else []
        return any(_matches(wanted, each) for each in inner or [value if isinstance(value, dict) else {}])
    return _matches_leaf(wanted, value)


def _matches_leaf(filters: list[Any], value: Any) -> bool:
    """Whether one of the filters takes the value. An object, and an array without values, are as if they were not."""
    from moto.events.models import UNDEFINED, EventPattern

    there_is_none = value is _ABSENT or isinstance(value, dict)
    values = [each for each in _flat(value) if not isinstance(each, dict)] if isinstance(value, list) else [value]
    item = (values if isinstance(value, list) else value) if values and not there_is_none else UNDEFINED
    return any(
        any(_is_within(each, one["cidr"]) for each in values)
        if isinstance(one, dict) and "cidr" in one
        else EventPattern(None, {})._does_item_match_filters(item, [one])  # noqa: SLF001  (one filter of moto's)
        for one in filters
    )


def _flat(values: list[Any]) -> list[Any]:
    return [inner for each in values for inner in (_flat(each) if isinstance(each, list) else [each])]


def _is_within(value: Any, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _check_object(pattern: Mapping[str, Any], path: str) -> None:
    for name, value in pattern.items():
        here = f"{path}.{name}" if path else name
        if name == "$or":
            _check(isinstance(value, list) and len(value) > 1, here, "must be a list of two patterns or more")
            for each in value:
                _check(isinstance(each, dict) and bool(each), here, "must hold objects")
                _check_object(each, path)
        elif isinstance(value, dict):
            _check(bool(value), here, "Empty objects are not allowed")
            _check_object(value, here)
        else:
            _check(isinstance(value, list), here, "must be an object or an array")
            _check(bool(value), here, "Empty arrays are not allowed")
            for item in value:
                _check_item(item, here)


def _check_item(item: Any, path: str) -> None:
    if not isinstance(item, dict):
        _check(not isinstance(item, list), path, "an array in an array is not a match pattern")
        return
    _check(len(item) == 1, path, "Only one key allowed in match expression")
    ((operator, value),) = item.items()
    accepts = _OPERATORS.get(operator)
    _check(accepts is not None, path, f"Unrecognized match type {operator}")
    _check(accepts is not None and accepts(value), path, f"{operator} does not take {json.dumps(value)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_affix(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"equals-ignore-case"} and _is_text(value["equals-ignore-case"])
    return _is_text(value)


def _is_excluded(value: Any) -> bool:
    """Whether ``anything-but`` takes this value: texts, numbers, a list of either, or an operator on texts."""
    if isinstance(value, dict):
        ((operator, inner),) = value.items() if len(value) == 1 else ((None, None),)
        texts = inner if isinstance(inner, list) else [inner]
        known = operator in {"prefix", "suffix", "equals-ignore-case", "wildcard"}
        takes = _is_wildcard if operator == "wildcard" else _is_text
        empty = operator in {"prefix", "suffix"} and "" in texts
        return known and not empty and bool(texts) and all(map(takes, texts))
    values = value if isinstance(value, list) else [value]
    return bool(values) and (all(map(_is_text, values)) or all(map(_is_number, values)))


def _is_range(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in (2, 4):
        return False
    signs, numbers = value[::2], value[1::2]
    if not all(sign in _COMPARISONS for sign in signs) or not all(map(_is_number, numbers)):
        return False
    return len(signs) == 1 or (signs[0] in {">", ">="} and signs[1] in {"<", "<="} and numbers[0] < numbers[1])


def _is_network(value: Any) -> bool:
    try:
        return _is_text(value) and "/" in value and bool(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return False


def _is_wildcard(value: Any) -> bool:
    return _is_text(value) and "**" not in value


_OPERATORS: dict[str, Callable[[Any], bool]] = {
    "anything-but": _is_excluded,
    "cidr": _is_network,
    "equals-ignore-case": _is_text,
    "exists": lambda value: isinstance(value, bool),
    "numeric": _is_range,
    "prefix": _is_affix,
    "suffix": _is_affix,
    "wildcard": _is_wildcard,
}


def _check(good: bool, path: str, reason: str) -> None:
    if not good:
        raise _invalid(f"{reason} (at {path})")


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
