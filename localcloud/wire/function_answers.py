"""What a function's answer says over HTTP: the parts that API Gateway and function URLs read alike."""

from __future__ import annotations

from typing import Any


def status_of(value: Any) -> int:
    """Raises ValueError for what is no status."""
    try:
        status = int(value) if not isinstance(value, (bool, float)) else -1
    except (TypeError, ValueError):
        status = -1
    if not 100 <= status <= 999:
        raise ValueError(f"its statusCode is {value!r}")
    return status


def header_of(name: str, value: Any) -> str:
    """A header's text. Raises ValueError for what no header can be."""
    if isinstance(value, (dict, list)):
        raise ValueError(f"the header {name} is {type(value).__name__}")  # noqa: TRY004  (of JSON, not of Python)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if not name.isascii() or any(ord(letter) < 32 and letter != "\t" for letter in name + text):
        raise ValueError(f"the header {name!r} has a control character")
    return text.encode("latin-1", "replace").decode("latin-1")
