"""The values of a template while some are still unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

KNOWN_AFTER_APPLY: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that comes from a resource once that exists. It equals no known value."""

    source: str
    """Where the value comes from: ``Bucket`` for a Ref, ``Bucket.Arn`` for an attribute."""
    text: str = KNOWN_AFTER_APPLY
    """The value in a change set, with its known parts."""


class _NoValue:
    """AWS::NoValue: the property or list item that has it is left out."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE: Final = _NoValue()


def contains_unknown(value: Any) -> bool:
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(contains_unknown(item) for item in value.values())
    return isinstance(value, list) and any(contains_unknown(item) for item in value)


def is_list(kind: str) -> bool:
    """Whether a parameter of this type is a list, which is given as one text."""
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def items_of(text: str) -> list[str]:
    """The items of such a list."""
    return [part.strip() for part in text.split(",")] if text else []


def text_of(value: Any) -> str:
    """A scalar as CloudFormation writes it: ``true`` and ``5`` are texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a value, the value itself among them, from the outside to the inside."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from objects(item)


def with_texts(value: Any, change: Callable[[str], Any]) -> Any:
    """The value with each text in it changed; the keys stay."""
    if isinstance(value, dict):
        return {name: with_texts(item, change) for name, item in value.items()}
    if isinstance(value, list):
        return [with_texts(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def replaced(value: Any, pairs: Collection[tuple[str, str]]) -> Any:
    """The value with the first text of each pair, wherever it occurs, replaced by the second, pair after pair."""

    def change(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return with_texts(value, change)


def shown(value: Any) -> Any:
    """The value with each unknown as text, so that it can be stored and shown."""
    if isinstance(value, Unknown):
        return value.text
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value
