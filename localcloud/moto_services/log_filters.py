"""Filter patterns of CloudWatch Logs for lines of text: terms that a line has, any of which it has, or that it lacks.

moto knows one word or one phrase, and takes every event where a pattern has more. After AWS's page "Filter pattern
syntax for metric filters, subscription filters, filter log events, and Live Tail". Patterns of JSON
(``{ $.code = 500 }``), of fields between blanks (``[ip, user]``) and regular expressions (``%5..%``) are refused by
name.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from localcloud.platform.errors import AwsError, UnsupportedError

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|([\w.:/=@#$&*+~-]+))(?:\s+|$)')
_OTHER_KINDS = {"{": "JSON", "[": "fields", "%": "a regular expression"}


class Pattern(NamedTuple):
    """The terms of a pattern. ``any_of`` is empty where there are others: AWS ignores them then."""

    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    none_of: tuple[str, ...]

    def matches(self, message: str) -> bool:
        return (
            all(term in message for term in self.all_of)
            and not any(term in message for term in self.none_of)
            and (not self.any_of or any(term in message for term in self.any_of))
        )


@functools.lru_cache(maxsize=64)
def parse(pattern: str) -> Pattern:
    """Raises AwsError for what is no pattern, UnsupportedError for a kind that is not evaluated here."""
    text, at = pattern.strip(), 0
    if text[:1] in _OTHER_KINDS:
        raise UnsupportedError(f"logs: a filter pattern of {_OTHER_KINDS[text[:1]]} ({text})")
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            raise AwsError("InvalidParameterException", f"Invalid character(s) in term '{text[at:]}'")
        quoted = term[2]
        found[term[1]].append(term[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = term.end()
    any_of = () if found[""] or found["-"] else tuple(found["?"])
    return Pattern(tuple(found[""]), any_of, tuple(found["-"]))


def filter_by_terms() -> None:
    """Lets moto filter events so."""
    from moto.logs import models

    vars(models)["EventMessageFilter"] = lambda pattern: parse(pattern or "")
