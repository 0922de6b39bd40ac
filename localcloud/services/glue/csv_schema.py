"""Reads the columns of a CSV file from its text, by the rules of Glue's CSV classifiers: the built-in, or a custom one.

A file is CSV if one delimiter splits its rows into the same two or more columns. The first row is a header if all its
cells are text that may be a name, no two are equal, and some column below is not text. All but the last have fewer than
150 characters, and the last column may be empty in every row, as a delimiter at the ends of lines makes it. Where all
columns are text, a header cannot be told from data. Columns without a name are ``col0``, ``col1``, …. Dates are text.
The built-in classifier never says that cells are quoted: its tables are read with the quotes in their values.
A custom classifier says what the delimiter is, and may say whether there is a header.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
QUOTED_SERDE = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
DELIMITERS = (",", "|", "\t", ";", "\u0001")
#: How many rows decide delimiter and header. Types are read from all rows.
SAMPLE_ROWS = 200
HEADER_CELL_LENGTH = 150

#: From narrow to wide.
_PATTERNS = {
    "bigint": re.compile(r"[+-]?\d{1,18}"),
    "double": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
}
#: What Glue takes for a name.
_NAME = re.compile(r"[\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvRule:
    """What a custom classifier says of its files."""

    delimiter: str
    #: None where it is to be found out.
    header: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    name: str
    #: bigint, double, boolean or string.
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvSchema:
    delimiter: str
    #: The quote character, where cells are quoted.
    quote: str | None
    header: bool
    columns: tuple[Column, ...]
    #: The number of data rows in the text, without header and empty lines.
    rows: int
    #: Whether a custom classifier has recognised the file.
    custom: bool = False

    def agrees_with(self, other: object) -> bool:
        """Whether both can be files of one table: same columns and format. Types may be widened."""
        if not isinstance(other, CsvSchema):
            return False
        mine, others = ([column.name for column in schema.columns] for schema in (self, other))
        return (self.delimiter, self.header, mine) == (other.delimiter, other.header, others)

    def merged_with(self, other: CsvSchema) -> CsvSchema:
        columns = tuple(
            Column(name=mine.name, type=widest((mine.type, yours.type)))
            for mine, yours in zip(self.columns, other.columns, strict=True)
        )
        return CsvSchema(
            delimiter=self.delimiter,
            quote=self.quote or other.quote,
            header=self.header,
            columns=columns,
            rows=self.rows + other.rows,
            custom=self.custom,
        )

    def parameters(self) -> dict[str, str]:
        """The parameters of a table or partition that say how its files are read."""
        parameters = {
            "classification": "csv",
            "delimiter": self.delimiter,
            "columnsOrdered": "true",
            "areColumnsQuoted": "true" if self.quote else "false",
            "compressionType": "none",
            "typeOfData": "file",
        }
        return parameters | ({"skip.header.line.count": "1"} if self.header else {})

    def serde(self) -> dict[str, Any]:
        """The table's SerdeInfo."""
        if self.custom and self.quote:
            parameters = {"separatorChar": self.delimiter, "quoteChar": self.quote}
            return {"SerializationLibrary": QUOTED_SERDE, "Parameters": parameters}
        return {"SerializationLibrary": LAZY_SERDE, "Parameters": {"field.delim": self.delimiter}}


def infer(text: str, rule: CsvRule | None = None) -> CsvSchema | None:
    """The schema of a text of whole lines; None if it is not CSV, or not as the rule says."""
    delimiter = _delimiter(text, (rule.delimiter,) if rule else DELIMITERS)
    if delimiter is None:
        return None
    rows = list(_rows(text, delimiter))
    header = _is_header(rows) if rule is None or rule.header is None else rule.header
    types = [_column_type(column) for column in zip(*rows[header:], strict=True)]
    given = [_column_name(cell) for cell in rows[0]] if header else [""] * len(types)
    names = [name or f"col{number}" for number, name in enumerate(given)]
    return CsvSchema(
        delimiter=delimiter,
        quote='"' if _is_quoted(text, delimiter) else None,
        header=header,
        columns=tuple(Column(name=name, type=kind) for name, kind in zip(names, types, strict=True)),
        rows=len(rows) - header,
        custom=rule is not None,
    )


def widest(types: tuple[str, ...]) -> str:
    """The narrowest type for values of all these types."""
    found = {kind for kind in types if kind}
    if found == {"bigint", "double"}:
        return "double"
    return found.pop() if len(found) == 1 else "string"


def value_type(value: str) -> str:
    """The narrowest type of one cell; empty for an empty cell, which fits all types."""
    value = value.strip()
    if not value:
        return ""
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(value)), "string")


def _rows(text: str, delimiter: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]


def _delimiter(text: str, candidates: tuple[str, ...]) -> str | None:
    """The delimiter that splits every row into the same number of cells; of several, the one with most cells."""
    found = []
    for delimiter in candidates:
        widths = {len(row) for row in _rows(text, delimiter)}
        if len(widths) == 1 and min(widths) >= 2:
            found.append((min(widths), -candidates.index(delimiter), delimiter))
    if not found or len(_rows(text, ",")) < 2:
        return None
    return max(found)[-1]


def _column_type(cells: tuple[str, ...]) -> str:
    types = tuple({value_type(cell) for cell in cells})
    return widest(types) if any(types) else "string"


def _is_header(rows: list[list[str]]) -> bool:
    cells = [cell.strip() for cell in rows[0]]
    columns = list(zip(*rows[1:], strict=True))
    if not cells[-1] and not any(cell.strip() for cell in columns[-1]):
        cells, columns = cells[:-1], columns[:-1]
        limited = cells
    else:
        limited = cells[:-1]
    if any(len(cell) >= HEADER_CELL_LENGTH for cell in limited) or not all(map(_NAME.fullmatch, cells)):
        return False
    if any(value_type(cell) != "string" for cell in cells) or max(Counter(cells).values()) > 1:
        return False
    return any(_column_type(column) != "string" for column in columns)


def _column_name(cell: str) -> str:
    """A column's name in the catalog: in lower case, with its blanks."""
    return cell.strip().lower()


def _is_quoted(text: str, delimiter: str) -> bool:
    lines = text.splitlines()[:SAMPLE_ROWS]
    edge = re.compile(rf'(^|{re.escape(delimiter)})".*"({re.escape(delimiter)}|$)')
    return any(edge.search(line) for line in lines)
