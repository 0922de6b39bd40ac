"""Reads a TOML table into a dataclass, and refuses everything that the dataclass does not know.

A field's name is a key, and its type says what the key's value must be. A field without a default must be given. An
error names the table, the key, the value, and what is allowed. ``plain`` is the way back, for a report in JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_EXPECTED = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def read_table(kind: type[T], values: Any, name: str) -> T:
    """The table ``name`` as this dataclass. ValueError if it does not fit."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # kind is a dataclass
    refuse_unknown(table(values, name), known, f"[{name}] ")
    needed = [key for key, field in known.items() if field.default is field.default_factory is MISSING]
    if missing := [key for key in needed if key not in values]:
        raise ValueError(f"[{name}] must have {', '.join(missing)}")
    types = get_type_hints(kind)
    read = {key: read_value(types[key], value, name, key) for key, value in values.items()}
    try:
        return kind(**read)
    except ValueError as error:
        raise ValueError(f"[{name}] {error}") from error


def read_kind(kinds: Mapping[str, type[Any]], values: Any, name: str, *, default: str = "") -> Any:
    """The table ``name`` as one of several dataclasses, which its key ``kind`` selects."""
    kind = table(values, name).get("kind", default)
    if kind not in tuple(kinds):
        raise ValueError(f"[{name}] kind = {kind!r} is not known here; allowed are {', '.join(kinds)}")
    return read_table(kinds[kind], {key: value for key, value in values.items() if key != "kind"}, name)


def table(values: Any, name: str) -> Mapping[str, Any]:
    """The table ``name``. ValueError if it is no table."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{name} = {values!r}: expected a table, [{name}]")  # noqa: TRY004  (what the file says)
    return values


def tables(values: Any, name: str) -> list[Mapping[str, Any]]:
    """The tables of ``[[name]]``. ValueError if there are none."""
    if not isinstance(values, list):
        raise ValueError(f"{name} = {values!r}: expected tables, [[{name}]]")  # noqa: TRY004  (what the file says)
    return [table(entry, name) for entry in values]


def refuse_unknown(values: Mapping[str, Any], known: Iterable[str], where: str = "") -> None:
    """ValueError for the first unknown key."""
    known = tuple(known)
    for key, value in values.items():
        if key not in known:
            raise ValueError(f"{where}{key} = {value!r} is not known here; allowed are {', '.join(known)}")


def read_value(kind: Any, value: Any, name: str, key: str) -> Any:
    """The value of ``key`` in the table ``name``. A list becomes a tuple, and a table becomes its dataclass."""
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if is_dataclass(kind):
        return read_table(kind, value, f"{name}.{key}")  # type: ignore[arg-type]  # a class, not an instance
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"[{name}] {key} = {value!r}: expected a list")
        return tuple(read_value(get_args(kind)[0], entry, name, key) for entry in value)
    if get_origin(kind) is Mapping:
        entries = table(value, f"{name}.{key}").items()
        return {entry: read_value(get_args(kind)[1], each, f"{name}.{key}", entry) for entry, each in entries}
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"[{name}] {key} = {value!r}: expected {' or '.join(map(str, get_args(kind)))}")
    elif not _fits(kind, value):
        raise ValueError(f"[{name}] {key} = {value!r}: expected {_EXPECTED[kind]}")
    return value


def plain(value: Any) -> Any:
    """The value as JSON values, so that reading them gives an equal one. TOML knows no null: it is left out."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items() if entry is not None}
    return [plain(entry) for entry in value] if isinstance(value, tuple | list) else value


def _fits(kind: Any, value: Any) -> bool:
    """A whole number is also a number; true, false, infinity and NaN are not."""
    if kind is Any:
        return True
    if kind is float:
        return type(value) in (int, float) and abs(value) <= sys.float_info.max
    return type(value) is kind
