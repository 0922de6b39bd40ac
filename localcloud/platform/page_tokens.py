"""The token of a list's next page: where that page begins."""

from __future__ import annotations

from typing import Any

from localcloud.platform.errors import AwsError

_LONGEST = 12


def start(token: Any, *, code: str, named: str = "NextToken") -> int:
    """Zero without a token. Raises AwsError with the service's ``code`` for one that no answer had."""
    if token in (None, ""):
        return 0
    text = str(token)
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST:
        raise AwsError(code, f"Invalid {named}: {text!r} does not come from an earlier answer.")
    return int(text)
