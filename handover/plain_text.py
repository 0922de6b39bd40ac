r"""How answers, truths and data files are read: numbers, lines and labels, in one way everywhere.

A **number** is ASCII: a sign, digits with or without a point, an exponent. Python's ``float`` would also read
``1_000``, a space before it, ``nan``, ``inf`` and the digits of other scripts.

A **line** ends with ``\n`` or ``\r\n``; the last one may lack it. ``str.splitlines`` would also break at a form feed,
at U+0085, U+2028 and six more.

A **label** or a category is compared as it stands, character by character. Only one line break at the end of an answer
is not part of it; a space or an invisible character is, and makes another label of it.
"""

from __future__ import annotations

import re
from math import isfinite

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def number(text: str) -> float | None:
    """The text as a finite number, or None."""
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if isfinite(value) else None


def lines(text: str) -> list[str]:
    """The lines without their ends."""
    found = text.split("\n")
    if not found[-1]:
        found.pop()
    return [line.removesuffix("\r") for line in found]


def without_line_break(text: str) -> str:
    """The text without the one line break at its end, if it has one."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
