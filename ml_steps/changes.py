"""What a push changes in its rules, and whether that makes them looser.

Each field of a dataclass of rules states, beside the field, what a change of it means:

    margin: float = field(metadata=LOOSER_IF_MORE)

``changes`` compares two such objects field by field. It is strict with what it does not know: a field that states
nothing, and a change that cannot be ordered, count as looser.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar

from ml_steps.strict import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

_DIRECTION, _CALLED = "direction", "called"
#: How much of a value a sentence shows; a report shows all of it.
_SHOWN = 48


class Effect(StrEnum):
    LOOSER = "looser"
    STRICTER = "stricter"
    NEUTRAL = "neutral"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One key with its old and its new value, as text."""

    key: str
    before: str
    after: str
    effect: Effect

    @property
    def sentence(self) -> str:
        """``comparison margin 0.03 → 0.9``. Long values are cut."""
        return f"{_cut(self.key)} {_cut(self.before)} → {_cut(self.after)}"


class Direction(ABC):
    """What the changes of a field mean."""

    @abstractmethod
    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        """The changes from one value to a different one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ordered(Direction):
    """A number. None is the loosest value (there is no limit), unless ``none`` says what it is."""

    more_is_looser: bool
    none: str = "none"

    def looseness(self, value: float | None) -> float:
        if value is None:
            return float("-inf" if self.none != "none" else "inf")
        return value if self.more_is_looser else -value

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        looser = self.looseness(after) > self.looseness(before)
        yield _change(key, before, after, Effect.LOOSER if looser else Effect.STRICTER, none=self.none)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Any(Direction):
    """Every change has the same effect."""

    effect: Effect

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        yield _change(key, before, after, self.effect)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table(Direction):
    """A dataclass: its own fields decide. It is looser without the table, and stricter with it."""

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        if before is None or after is None:
            yield _change(key, before, after, Effect.LOOSER if after is None else Effect.STRICTER)
        elif type(before) is not type(after):
            yield _change(key, _with_kind(before), _with_kind(after), Effect.LOOSER)
        else:
            yield from changes(before, after, key)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Each(Direction):
    """A table of keys that the file chooses. ``of``: what the change of one of them means; None if it has it not."""

    of: Direction

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name), after.get(name)
            if old != new:
                yield from self.of.changes(f"{key} {_name(name)}", old, new)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Members(Direction):
    """A list without an order."""

    removed: Effect
    added: Effect

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        yield from (_change(key, entry, None, self.removed) for entry in before if entry not in after)
        yield from (_change(key, None, entry, self.added) for entry in after if entry not in before)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tables(Direction):
    """A list of dataclasses, which belong together by the field ``by``. ``ordered``: their order matters."""

    by: str
    removed: Effect
    added: Effect
    ordered: bool = False

    def changes(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        old, new = ([getattr(entry, self.by) for entry in entries] for entries in (before, after))
        if self.ordered and sorted(old) == sorted(new) and old != new:
            yield _change(f"{key} order", old, new, Effect.LOOSER)
        for name in dict.fromkeys([*old, *new]):
            both = ([entry for entry in entries if getattr(entry, self.by) == name] for entries in (before, after))
            for one, other in zip_longest(*both):
                if other is None:
                    yield _change(key, one, None, self.removed)
                elif one is None:
                    yield _change(key, None, other, self.added)
                elif one != other:
                    yield from _Table().changes(f"{key} {_name(name)}", one, other)


Stated = Mapping[str, Any]

LOOSER_IF_MORE: Stated = {_DIRECTION: _Ordered(more_is_looser=True)}
LOOSER_IF_LESS: Stated = {_DIRECTION: _Ordered(more_is_looser=False)}
#: None stands for all, which is the most.
LOOSER_IF_LESS_THAN_ALL: Stated = {_DIRECTION: _Ordered(more_is_looser=False, none="all")}
LOOSER_IF_CHANGED: Stated = {_DIRECTION: _Any(effect=Effect.LOOSER)}
NEUTRAL: Stated = {_DIRECTION: _Any(effect=Effect.NEUTRAL)}
#: Another dataclass, or None.
ITS_OWN_FIELDS: Stated = {_DIRECTION: _Table()}
#: A mapping from names to floors, or to ceilings.
FLOORS: Stated = {_DIRECTION: _Each(of=_Ordered(more_is_looser=False))}
CEILINGS: Stated = {_DIRECTION: _Each(of=_Ordered(more_is_looser=True))}
LOOSER_IF_FEWER: Stated = {_DIRECTION: _Members(removed=Effect.LOOSER, added=Effect.STRICTER)}


def tables(*, by: str, added: Effect, ordered: bool = False) -> Stated:
    """A list of dataclasses. One that is removed makes it looser; what an ``added`` one does differs."""
    return {_DIRECTION: _Tables(by=by, removed=Effect.LOOSER, added=added, ordered=ordered)}


def called(name: str, stated: Stated) -> Stated:
    """The same direction, under the key that the file has for it."""
    return {**stated, _CALLED: name}


def changes(before: T, after: T, key: str = "") -> list[Change]:
    """What differs, in the order of the fields. ``key``: what stands before the name of each."""
    found: list[Change] = []
    for each in fields(before):  # type: ignore[arg-type]  # a dataclass
        old, new = getattr(before, each.name), getattr(after, each.name)
        if old != new:
            direction = each.metadata.get(_DIRECTION, LOOSER_IF_CHANGED[_DIRECTION])
            found += direction.changes(f"{key} {each.metadata.get(_CALLED, each.name)}".strip(), old, new)
    return found


def strictest(one: T, other: T) -> T:
    """Of each number the stricter of two; of every other field that of ``other``."""
    values: dict[str, Any] = {}
    for each in fields(one):  # type: ignore[arg-type]  # a dataclass
        direction = each.metadata.get(_DIRECTION)
        if isinstance(direction, _Ordered):
            values[each.name] = min((getattr(it, each.name) for it in (one, other)), key=direction.looseness)
    return replace(other, **values)  # type: ignore[type-var]  # a dataclass


def of(found: Iterable[Change], effect: Effect) -> list[Change]:
    """The changes of one effect."""
    return [change for change in found if change.effect is effect]


def states_all(kind: type[Any]) -> list[str]:
    """The fields of a dataclass that state no direction: for a test, so that none is forgotten."""
    return [each.name for each in fields(kind) if _DIRECTION not in each.metadata]


def _change(key: str, before: Any, after: Any, effect: Effect, *, none: str = "none") -> Change:
    old, new = (none if value is None else _text(plain(value)) for value in (before, after))
    return Change(key=key, before=old, after=new, effect=effect)


def _with_kind(value: Any) -> dict[str, Any]:
    """With its kind, or else the name of its type, because the fields alone may look alike."""
    shown, name = plain(value), getattr(type(value), "name", None)
    named = isinstance(name, str) and "name" not in shown
    return {"kind": name if named else type(value).__name__.lower(), **shown}


def _text(value: Any) -> str:
    """As in TOML. What cannot be printed, and what would turn the reading direction, is escaped."""
    if isinstance(value, Mapping):
        filled = {key: entry for key, entry in value.items() if entry not in ([], {})}
        return "{ " + ", ".join(f"{_name(key)} = {_text(entry)}" for key, entry in filled.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return json.dumps(value, ensure_ascii=not value.isprintable()) if isinstance(value, str) else repr(value)


def _name(text: str) -> str:
    """A key as it is, if TOML needs no quotes for it."""
    return text if re.fullmatch(r"[\w-]+", text) else _text(text)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
