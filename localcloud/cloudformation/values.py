"""Values that a template gives before everything is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

KNOWN_AFTER_APPLY: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the resource that gives it can tell, once it exists. Equal to nothing that is known."""

    source: str
    """Who will tell it: ``Bucket`` for its Ref, ``Bucket.Arn`` for an attribute."""
    text: str = KNOWN_AFTER_APPLY
    """The value as a change set shows it, known parts included."""


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


def shown(value: Any) -> Any:
    """The value with each unknown as its text: what can be stored and shown."""
    if isinstance(value, Unknown):
        return value.text
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value
