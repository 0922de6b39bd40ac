"""Event patterns. moto's matcher decides; patterns that it does not understand are refused when a rule is put."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.platform.service_events import Event

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
    from moto.events.models import EventPattern

    return bool(EventPattern(None, pattern).matches_event(cast("Any", event)))


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
        return known and bool(texts) and all(_is_text(text) for text in texts)
    values = value if isinstance(value, list) else [value]
    return bool(values) and (all(map(_is_text, values)) or all(map(_is_number, values)))


def _is_range(value: Any) -> bool:
    if not isinstance(value, list) or len(value) not in (2, 4):
        return False
    return all(sign in _COMPARISONS for sign in value[::2]) and all(_is_number(number) for number in value[1::2])


_OPERATORS: dict[str, Callable[[Any], bool]] = {
    "anything-but": _is_excluded,
    "cidr": _is_text,
    "equals-ignore-case": _is_text,
    "exists": lambda value: isinstance(value, bool),
    "numeric": _is_range,
    "prefix": _is_affix,
    "suffix": _is_affix,
    "wildcard": _is_text,
}


def _check(good: bool, path: str, reason: str) -> None:
    if not good:
        raise _invalid(f"{reason} (at {path})")


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
