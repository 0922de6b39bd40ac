"""Glob patterns of trigger filters.

Source: "Working with glob patterns in syntax" of the CodePipeline user guide, whose rules are those of Java's paths: a
star stays within a folder, two stars cross folders, groups are not nested. ``**/x`` wants a folder before ``x``.
"""

from __future__ import annotations

import functools
import re

_WILDCARDS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_PART = re.compile(r"\*\*|\\.|\[!?\]?[^\]]*\]|.", re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern fits a branch, a tag or a path. Raises ValueError for a pattern that is none."""
    return _compiled(pattern).fullmatch(text) is not None


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    expression, in_group = "", False
    for part in _PART.findall(pattern):
        if part == "{" and in_group:
            raise ValueError("groups in braces cannot be nested")
        if part in "{}," and (part == "{" or in_group):
            expression += {"{": "(?:", "}": ")", ",": "|"}[part]
            in_group = part != "}"
        elif part in ("[", "\\"):
            raise ValueError(f"{part} is not closed" if part == "[" else "nothing follows the last \\")
        else:
            expression += _WILDCARDS.get(part) or (_bracket(part) if part[0] == "[" else re.escape(part[-1]))
    if in_group:
        raise ValueError("{ is not closed")
    return re.compile(expression, re.DOTALL)


def _bracket(part: str) -> str:
    """One character out of a set, never the folder's separator. Stars, question marks and backslashes stand for
    themselves; so does a hyphen at the beginning.
    """
    negated = part.startswith("[!")
    inside = part[2 if negated else 1 : -1]
    first, rest = ("-", inside[1:]) if inside.startswith("-") else ("", inside)
    for low, high in re.findall(r"(.)-(.)", rest):
        if low > high:
            raise ValueError(f"the range {low}-{high} is empty")
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", rest)
    return f"(?!/)[{'^' if negated else ''}{re.escape(first)}{escaped}]"
