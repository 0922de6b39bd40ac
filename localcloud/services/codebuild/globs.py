"""The path patterns of artifacts and caches: ``*``, ``?``, ``[…]``, ``{a,b}`` and ``**`` over folders."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def files(base: Path, patterns: Iterable[str], exclude: Iterable[str] = ()) -> list[Path]:
    """The files under ``base`` that match a pattern and none of ``exclude``: sorted, with hidden ones.

    Patterns are relative to ``base``. Links to files count as files. Links to folders are not followed.
    """
    wanted = [expression(pattern) for pattern in patterns]
    unwanted = [expression(pattern) for pattern in exclude]
    found = []
    for folder, _, names in os.walk(base):
        for name in names:
            path = Path(folder, name)
            relative = path.relative_to(base).as_posix()
            if _any(wanted, relative) and not _any(unwanted, relative) and path.is_file():
                found.append(path)
    return sorted(found)


def folders(base: Path, pattern: str) -> list[Path]:
    """The folders under ``base`` that a pattern names: the one of this path, or all that match."""
    if (base / pattern).is_dir():
        return [base / pattern]
    if not any(sign in pattern for sign in "*?[{"):
        return []
    wanted = expression(pattern)
    found = (Path(folder, name) for folder, names, _ in os.walk(base) for name in names)
    return sorted(path for path in found if wanted.fullmatch(path.relative_to(base).as_posix()))


def expression(pattern: str) -> re.Pattern[str]:
    """The regular expression for the whole relative path."""
    text = os.path.normpath(pattern) if pattern else pattern
    parts: list[str] = []
    index = 0
    while index < len(text):
        for token, meaning in (("**/", "(?:[^/]+/)*"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]")):
            if text.startswith(token, index):
                parts.append(meaning)
                index += len(token)
                break
        else:
            meaning, index = _literal_or_group(text, index)
            parts.append(meaning)
    return re.compile("".join(parts), re.DOTALL)


def _literal_or_group(text: str, index: int) -> tuple[str, int]:
    character = text[index]
    if character == "[" and (end := text.find("]", index + 2)) > 0:
        inside = text[index + 1 : end].replace("\\", "\\\\")
        negated = inside[0] in "!^"
        return f"[{'^' if negated else ''}{inside[negated:]}]", end + 1
    if character == "{" and (end := text.find("}", index)) > 0:
        choices = "|".join(expression(choice).pattern for choice in text[index + 1 : end].split(","))
        return f"(?:{choices})", end + 1
    return re.escape(character), index + 1


def _any(expressions: list[re.Pattern[str]], relative: str) -> bool:
    return any(one.fullmatch(relative) for one in expressions)
