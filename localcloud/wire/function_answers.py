"""What a function's answer says over HTTP: the parts that API Gateway and function URLs read alike."""

from __future__ import annotations

import re
from typing import Any

#: A token of RFC 9110.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def status_of(value: Any) -> int:
    """Raises ValueError for what is no status of an answer. After one below 200, a client waits for another."""
    try:
        status = int(value) if not isinstance(value, (bool, float)) else -1
    except (TypeError, ValueError):
        status = -1
    if not 200 <= status <= 599:
        raise ValueError(f"its statusCode is {value!r}")
    return status


def header_of(name: str, value: Any) -> str:
    """A header's text. Raises ValueError for a name or a value that no header can have."""
    if isinstance(value, (dict, list)):
        raise ValueError(f"the header {name} is {type(value).__name__}")  # noqa: TRY004  (of JSON, not of Python)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no header's name")
    if _CONTROL.search(text):
        raise ValueError(f"the header {name} has a control character")
    return text.encode("latin-1", "replace").decode("latin-1")
