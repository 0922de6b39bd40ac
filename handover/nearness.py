"""What somebody may have meant who wrote a name that nobody knows."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(written: object, known: Iterable[str]) -> str:
    """The end of a refusal: ``; did you mean floors?``; empty if no known name is near."""
    close = difflib.get_close_matches(str(written), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
