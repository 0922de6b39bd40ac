"""Reads the columns of a file of JSON lines from its text, by the rules of Glue's built-in JSON classifier.

Each line is an object. A column is a member of any of them, in the order in which they come. Values are texts, numbers,
truths and nulls; what is nested is refused by name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.glue.csv_schema import Column, widest

SERDE = "org.openx.data.jsonserde.JsonSerDe"


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonSchema:
    columns: tuple[Column, ...]
    #: The number of objects in the text.
    rows: int

    def agrees_with(self, other: object) -> bool:
        """Whether both can be files of one table: the columns of JSON lines are added to each other's."""
        return isinstance(other, JsonSchema)

    def merged_with(self, other: JsonSchema) -> JsonSchema:
        types: dict[str, str] = {column.name: column.type for column in self.columns}
        for column in other.columns:
            types[column.name] = widest((types.get(column.name, ""), column.type))
        columns = tuple(Column(name=name, type=kind) for name, kind in types.items())
        return JsonSchema(columns=columns, rows=self.rows + other.rows)

    def parameters(self) -> dict[str, str]:
        return {"classification": "json", "compressionType": "none", "typeOfData": "file"}

    def serde(self) -> dict[str, Any]:
        return {"SerializationLibrary": SERDE, "Parameters": {"paths": ",".join(sorted(c.name for c in self.columns))}}


def infer(text: str) -> JsonSchema | None:
    """The schema of a text of whole lines; None if a line is no JSON object."""
    types: dict[str, str] = {}
    rows = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            return None
        if not isinstance(found, dict):
            return None
        rows += 1
        for name, value in found.items():
            types[name.lower()] = widest((types.get(name.lower(), ""), _type(name, value)))
    if not types:
        return None
    return JsonSchema(columns=tuple(Column(name=name, type=kind) for name, kind in types.items()), rows=rows)


def _type(name: str, value: object) -> str:
    """Glue's type of a value; empty for null, which fits all types."""
    if isinstance(value, dict | list):
        raise UnsupportedError(f"A crawler over JSON with nested values (the member {name})")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "double" if isinstance(value, float) else "bigint"
