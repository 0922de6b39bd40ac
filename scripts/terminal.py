"""What only a terminal shows: colour, and text that is a link. A file or a pipe gets the text alone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Terminals that would print a link's control sequence as text: the kernel's console, and a dumb one.
_WITHOUT_LINKS = ("", "dumb", "linux")

_OPEN, _CLOSE = "\x1b]8;;", "\x1b\\"


def coloured(text: str, colour: int | None) -> str:
    """``colour``: one of the terminal's own, as SGR's number. None wants any if NO_COLOR is set (https://no-color.org)."""
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def linked(text: str, address: Callable[[], str]) -> str:
    """The text, which opens the address where it is clicked: OSC 8, the sequence that terminals share for links.

    Nobody asks for the address but a terminal.
    """
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in _WITHOUT_LINKS:
        return text
    return f"{_OPEN}{address()}{_CLOSE}{text}{_OPEN}{_CLOSE}"
