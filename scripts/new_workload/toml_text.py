"""Writes TOML. Python's library only reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(header: str, values: Mapping[str, Any], comments: Sequence[str] = ()) -> str:
    """A table with its header, such as ``[rows]`` or ``[[features]]``; no header for the keys of the file itself."""
    lines = [*(f"# {comment}" for comment in comments), *([header] if header else [])]
    lines += [f"{key} = {value(entry)}" for key, entry in values.items()]
    return "\n".join(lines) + "\n"


def value(given: Any) -> str:
    """A key's value. A list of texts that are rows stands a line each."""
    if isinstance(given, Mapping):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {value(each)}" for key, each in given.items())
            + " }"
        )
    if isinstance(given, list | tuple):
        parts = [value(each) for each in given]
        if any("," in part for part in parts):
            return "[\n" + "".join(f"  {part},\n" for part in parts) + "]"
        return f"[{', '.join(parts)}]"
    if isinstance(given, str):
        return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(given) if isinstance(given, bool) else repr(given)
