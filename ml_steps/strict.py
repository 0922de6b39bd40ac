"""Reads a TOML table into a dataclass, and refuses everything that the dataclass does not know.

A field's name is a key, and its type says what the key's value must be. A field without a default must be given. An
error names the table, the key, the value, and what is allowed; ``read_files`` adds file and line. ``plain`` is the way
back, for a report in JSON.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from handover.errors import FileFault
from handover.nearness import did_you_mean
from handover.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from handover.toml_lines import Part

T = TypeVar("T")

EXPECTED = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


class Fault(ValueError):  # noqa: N818  (a fault of the file: the program is right)
    """What is wrong in a table. ``values``: the table as it was read, or its path if something else stands there;
    ``key``: where in it, if one key is at fault.
    """

    def __init__(self, message: str, values: Mapping[str, Any] | tuple[Part, ...], key: str | None = None) -> None:
        super().__init__(message)
        self.values = values
        self.key = key


class Texts:
    """Reads files, and keeps what it has read for ``read_files``. ``text_of``: a file's text; None without the file."""

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self._text_of = text_of
        self.read_ones: dict[str, str] = {}

    def read(self, file: str) -> str | None:
        text = self._text_of(file)
        if text is not None:
            self.read_ones[file] = text
        return text


def read_files(files: Mapping[str, str], document: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]) -> T:
    """What ``read`` makes of a document. Raises FileFault that says in which file and line it is at fault.

    files: name → text, each read over those before it. document: their tables, merged.
    """
    try:
        return read(document)
    except Fault as fault:
        raise FileFault(f"{_place(fault, files, document)}: {fault}") from fault
    except ValueError as error:
        raise FileFault(f"{list(files)[-1]}: {error}") from error


def _place(fault: Fault, files: Mapping[str, str], document: Mapping[str, Any]) -> str:
    """``file:line``, or the file alone if what is at fault is nowhere, such as a table that is missing."""
    known = fault.values if isinstance(fault.values, tuple) else next(_paths_to(fault.values, document), ())
    paths = [known] if fault.key is None else [(*known, fault.key), known]
    for name, text in reversed(list(files.items())):
        for path in paths:
            if line := line_of(text, path):
                return f"{name}:{line}"
    return list(files)[-1]


def _paths_to(wanted: Any, within: Any) -> Iterator[tuple[Part, ...]]:
    """Where in the document this very table is: tables that are equal are not the same one."""
    if wanted is within:
        yield ()
    elif isinstance(within, Mapping | list):
        for part, value in within.items() if isinstance(within, Mapping) else enumerate(within):
            yield from ((part, *rest) for rest in _paths_to(wanted, value))


def read_table(kind: type[T], values: Any, name: str) -> T:
    """The table ``name`` as this dataclass. Fault if it does not fit."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # kind is a dataclass
    refuse_unknown(table(values, name), known, f"[{name}] ")
    needed = [key for key, field in known.items() if field.default is field.default_factory is MISSING]
    if missing := [key for key in needed if key not in values]:
        raise Fault(f"[{name}] must have {', '.join(missing)}", values)
    types = get_type_hints(kind)
    read = {key: read_value(types[key], value, values, name, key) for key, value in values.items()}
    try:
        return kind(**read)
    except Fault:
        raise
    except ValueError as error:
        raise Fault(f"[{name}] {error}", values, _named_in(str(error), values)) from error


def _named_in(message: str, values: Mapping[str, Any]) -> str | None:
    """The key that a message begins with, as in ``margin = 0: expected …``."""
    first = re.match(r"[\w-]+", message)
    return first.group() if first and first.group() in values else None


def read_kind(kinds: Mapping[str, type[Any]], values: Any, name: str, *, default: str = "") -> Any:
    """The table ``name`` as one of several dataclasses, which its key ``kind`` selects."""
    kind = table(values, name).get("kind", default)
    if kind not in tuple(kinds):
        close = did_you_mean(kind, kinds)
        message = f"[{name}] kind = {kind!r} is not known here; allowed are {', '.join(kinds)}{close}"
        raise Fault(message, values, "kind")
    given = {key: value for key, value in values.items() if key != "kind"}
    try:
        return read_table(kinds[kind], given, name)
    except Fault as fault:
        if fault.values is given:
            fault.values = values
        raise


def table(values: Any, name: str) -> Mapping[str, Any]:
    """The table ``name``. Fault if it is no table."""
    if not isinstance(values, Mapping):
        raise Fault(f"{name} = {values!r}: expected a table, [{name}]", tuple(name.split(".")))
    return values


def tables(values: Any, name: str) -> list[Mapping[str, Any]]:
    """The tables of ``[[name]]``. Fault if there are none."""
    if not isinstance(values, list):
        raise Fault(f"{name} = {values!r}: expected tables, [[{name}]]", tuple(name.split(".")))
    return [table(entry, name) for entry in values]


def refuse_unknown(values: Mapping[str, Any], known: Iterable[str], where: str = "") -> None:
    """Fault for the first unknown key."""
    known = tuple(known)
    for key, value in values.items():
        if key not in known:
            close = did_you_mean(key, known)
            message = f"{where}{key} = {value!r} is not known here; allowed are {', '.join(known)}{close}"
            raise Fault(message, values, key)


def read_value(kind: Any, value: Any, values: Any, name: str, key: str) -> Any:
    """The value of ``key`` in the table ``name``. A list becomes a tuple, and a table becomes its dataclass."""
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if is_dataclass(kind):
        return read_table(kind, value, f"{name}.{key}")  # type: ignore[arg-type]  # a class, not an instance
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise Fault(f"[{name}] {key} = {value!r}: expected a list", values, key)
        return tuple(read_value(get_args(kind)[0], entry, values, name, key) for entry in value)
    if get_origin(kind) is Mapping:
        entries = table(value, f"{name}.{key}")
        return {
            entry: read_value(get_args(kind)[1], each, entries, f"{name}.{key}", entry)
            for entry, each in entries.items()
        }
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            allowed = list(map(str, get_args(kind)))
            close = did_you_mean(value, allowed)
            raise Fault(f"[{name}] {key} = {value!r}: expected {' or '.join(allowed)}{close}", values, key)
    elif not _fits(kind, value):
        raise Fault(f"[{name}] {key} = {value!r}: expected {EXPECTED[kind]}", values, key)
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
