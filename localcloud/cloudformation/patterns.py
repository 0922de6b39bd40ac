"""Regular expressions that templates bring, matched in linear time: none of them can hang the local cloud.

RE2 knows no lookaround and no backreferences, because no linear-time matcher does. Such a pattern is refused by name.
"""

from __future__ import annotations

import functools
from typing import Any

#: Longer patterns are nobody's; RE2 itself refuses those that need much memory.
_LONGEST = 4096
_MEMORY_BYTES = 8 * 1024 * 1024


class PatternError(Exception):
    """RE2 does not have this pattern; the text says why."""


def matches(pattern: str, text: str, *, whole: bool = True) -> bool:
    """Whether the text matches, as a whole or anywhere in it. Raises PatternError."""
    compiled = _compiled(pattern)
    return bool(compiled.fullmatch(text) if whole else compiled.search(text))


@functools.lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    import re2

    if len(pattern) > _LONGEST:
        raise PatternError(f"it is longer than {_LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise PatternError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
