"""The schema of a SparkML container: the columns of a request, and the column of the answer."""

from __future__ import annotations

import csv
import functools
import io
import json
from dataclasses import dataclass

TYPES = ("boolean", "byte", "short", "int", "long", "float", "double", "string")
STRUCTS = ("basic", "vector", "array")


class SchemaError(Exception):
    """The container refuses a schema, or a request with it, with status 400."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    struct: str

    @classmethod
    def parse(cls, document: dict[str, str]) -> Column:
        missing = [key for key in ("name", "type") if not document.get(key)]
        if missing:
            raise SchemaError(f"A column of the schema has no {missing[0]}: {document}")
        column = cls(name=document["name"], type=document["type"], struct=document.get("struct") or "basic")
        if column.type not in TYPES:
            raise SchemaError("Data type passed in the request is wrong for one or more columns")
        if column.struct not in STRUCTS:
            raise SchemaError(f"The struct of column {column.name} is {column.struct}, and not one of {STRUCTS}")
        return column

    def as_basic(self) -> Column:
        """The column for CSV, where each value is basic whatever the schema says."""
        return self if self.struct == "basic" else Column(name=self.name, type=self.type, struct="basic")


@dataclass(frozen=True, slots=True)
class Schema:
    input: tuple[Column, ...]
    output: Column

    @staticmethod
    @functools.lru_cache(maxsize=64)
    def parse(text: str) -> Schema:
        """Parses ``{"input": [{name, type, struct?}], "output": {name, type, struct?}}``; raises SchemaError."""
        try:
            document = json.loads(text)
            return Schema(
                input=tuple(Column.parse(column) for column in document["input"]),
                output=Column.parse(document["output"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SchemaError(f"The schema cannot be read ({type(error).__name__}: {error}): {text[:200]}") from error


def first_csv_record(body: str, columns: int) -> list[str]:
    """The first ``columns`` values of the first line. Like the container, ignores further lines and columns."""
    record = next((row for row in csv.reader(io.StringIO(body)) if row), None)
    if record is None:
        raise SchemaError("Index 0 out of bounds for length 0")
    if len(record) < columns:
        raise SchemaError(f"Index {len(record)} out of bounds for length {len(record)}")
    return record[:columns]
