"""The line of a TOML file in which something stands: ``tomllib`` does not say."""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A key, or the place of a table among those of ``[[name]]``.
Part = str | int


#: In a longer file, looking for a line takes too long for what it tells.
_MOST_LINES = 5_000


def line_of(text: str, path: Sequence[Part]) -> int | None:
    """The line, from 1, in which the statement begins that sets this; None if the file does not have it.

    A value inside a list or an inline table is set by the statement that has the whole one. Raises
    ``tomllib.TOMLDecodeError`` if the text is no TOML.
    """
    lines = text.splitlines(keepends=True)
    if not path or len(lines) > _MOST_LINES or not _has(tomllib.loads(text), path):
        return None
    # What a statement has set stays set: the first beginning of the file that has it ends with its statement.
    statements = list(_statements(lines))
    ends = [end for _, end in statements]
    place = bisect_left(ends, True, key=lambda end: _has(tomllib.loads("".join(lines[:end])), path))
    return statements[place][0]


def _statements(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each statement, such as ``key = value`` or ``[table]``, which is TOML by itself."""
    first = None
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if first is None and (not bare or bare.startswith("#")):
            continue
        first = first or number
        try:
            tomllib.loads("".join(lines[first - 1 : number]))
        except tomllib.TOMLDecodeError:
            continue
        yield first, number
        first = None


def _has(document: Any, path: Sequence[Part]) -> bool:
    for part in path:
        if isinstance(part, int):
            if not isinstance(document, list) or part >= len(document):
                return False
        elif not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True
