"""Reads a CSV file that nobody has described yet: delimiter, quotes, header, and the names of its columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handover import plain_text
from scripts.new_workload import source
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Sequence

DELIMITERS = ",;\t|"


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvFile:
    """header: the first line to the letter, if it is none of the rows. names: of the columns, as the contract has them.

    called: the columns' own names. Every row has as many values as there are names.
    """

    name: str
    content: bytes
    delimiter: str
    quoted: bool
    header: str | None
    names: tuple[str, ...]
    called: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The values of a column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def named(self, text: str) -> str | None:
        """The contract's name of the column that is called so, by either name; None if there is none."""
        found = dict(zip(self.called, self.names, strict=True)) | {name: name for name in self.names}
        return found.get(text)


def read(given: str) -> CsvFile:
    """The file that a user names as DATA. Raises NotThereError for what is no CSV file, and for rows of many widths."""
    found = source.read(given)
    content = found.content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotThereError(f"DATA={given}: the byte {error.start} is not UTF-8, as the file must be.") from error
    quoted = '"' in text or content.startswith(b"\xef\xbb\xbf")
    delimiter = _delimiter(plain_text.lines(text))
    rows = _rows(given, text, delimiter, quoted=quoted)
    header = _header(rows)
    first = plain_text.lines(text)[0] if header is not None else None
    body = rows[1:] if header is not None else rows
    _check_widths(given, body, 1 if header is None else 2)
    called = _called(header, len(body[0]))
    return CsvFile(
        name=found.name,
        content=content,
        delimiter=delimiter,
        quoted=quoted,
        header=first,
        names=_names(called),
        called=called,
        rows=tuple(map(tuple, body)),
    )


def _delimiter(lines: Sequence[str]) -> str:
    """The one that the most lines have equally often, at least once; of several, the one that is there most often."""

    def agreed(delimiter: str) -> tuple[int, int]:
        count, lines_with_it = Counter(line.count(delimiter) for line in lines).most_common(1)[0]
        return (lines_with_it if count else 0, count)

    return max(DELIMITERS, key=agreed) if lines else ","


def _rows(given: str, text: str, delimiter: str, *, quoted: bool) -> list[list[str]]:
    try:
        rows = (
            list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
            if quoted
            else [line.split(delimiter) for line in plain_text.lines(text)]
        )
    except csv.Error as error:
        raise NotThereError(f"DATA={given}: it is no CSV file: {error}.") from error
    while rows and rows[-1] in ([], [""]):
        rows.pop()
    if len(rows) < 2:
        raise NotThereError(f"DATA={given} has {len(rows)} lines: there is nothing to learn from.")
    return rows


def _header(rows: Sequence[Sequence[str]]) -> Sequence[str] | None:
    """The first line, if it is none of the rows: it has another width than all others, or names alone."""
    first = rows[0]
    if {len(first)}.isdisjoint(map(len, rows[1:])):
        return first
    names = [value.strip() for value in first]
    if any(not name or plain_text.number(name) is not None for name in names) or len(set(names)) < len(names):
        return None
    return first


def _check_widths(given: str, rows: Sequence[Sequence[str]], first: int) -> None:
    width = Counter(map(len, rows)).most_common(1)[0][0]
    for number, row in enumerate(rows, first):
        if len(row) != width:
            raise NotThereError(
                f"{given}:{number} has {len(row)} values, and most lines have {width}. Correct the file."
            )
    if width < 2:
        raise NotThereError(f"DATA={given} has one column: expected features and a label, separated by commas.")


def _called(header: Sequence[str] | None, width: int) -> tuple[str, ...]:
    if header is None or len(header) != width:
        return tuple(f"column_{number}" for number in range(1, width + 1))
    return tuple(name.strip() for name in header)


def _names(called: Sequence[str]) -> tuple[str, ...]:
    """Lower-case words joined by underscores, each once: a catalog and an API take no other names."""
    found: list[str] = []
    for number, text in enumerate(called, 1):
        name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
        name = name if re.match(r"[a-z]", name) else f"column_{name or number}"
        found.append(name if name not in found else f"{name}_{number}")
    return tuple(found)
