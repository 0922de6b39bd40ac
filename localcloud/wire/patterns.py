"""The regular expressions of AWS's models. They are Java's; what Python spells in another way is rewritten.

A value fits when the whole of it matches: AWS refuses ``my_model`` where the pattern would find ``my``.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_PROPERTY = re.compile(r"\\p\{(\w+)\}")
#: Characters beyond the basic plane, as two halves of UTF-16.
_HALVES = r"\uD800\uDC00-\uDBFF\uDFFF"
_BEYOND = r"\U00010000-\U0010FFFF"
#: Properties that are no category of Unicode.
_OF_POSIX = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "ASCII": r"\x00-\x7F", "Digit": "0-9", "Print": r"\x20-\x7E"}
#: Stands for all characters of a category that are not ASCII: a class with each of them takes a second to compile.
_STAND_INS = {category: chr(0xE000 + number) for number, category in enumerate("LMNPSZC")}


class Pattern:
    """One pattern of a model."""

    def __init__(self, pattern: str) -> None:
        rewritten = pattern.replace(_HALVES, _BEYOND).replace(r"\z", r"\Z")  # the very end
        rewritten = re.sub(r"(\\[wds])-(?!\])", r"\1\\-", rewritten)  # a dash after a class stands for itself
        rewritten = re.sub(r"\$\{[\d,]+\}", "$", rewritten)  # an end that is repeated is an end
        self._by_category = bool(_PROPERTY.search(rewritten))
        #: Classes such as \w are ASCII, as in Java.
        self._compiled = re.compile(_PROPERTY.sub(_property, rewritten), re.ASCII)

    def fits(self, text: str) -> bool:
        if self._by_category and not text.isascii():
            text = "".join(c if c.isascii() else _STAND_INS[unicodedata.category(c)[0]] for c in text)
        return bool(self._compiled.fullmatch(text))


@functools.cache
def compiled(pattern: str) -> Pattern:
    return Pattern(pattern)


def _property(found: re.Match[str]) -> str:
    """The inside of a class. AWS's models have properties in classes only, but for one of ``Print``."""
    inside = _OF_POSIX.get(found[1]) or _category(found[1])
    opened = found.string[: found.start()]
    return inside if opened.count("[") > opened.count("]") else f"[{inside}]"


@functools.cache
def _category(name: str) -> str:
    """A category of Unicode such as ``L``: its ASCII characters, and the one that stands for the others."""
    if name not in _STAND_INS:
        raise ValueError(f"{name} is no general category of Unicode")
    ascii_ones = (f"\\x{code:02x}" for code in range(128) if unicodedata.category(chr(code)).startswith(name))
    return "".join(ascii_ones) + _STAND_INS[name]
