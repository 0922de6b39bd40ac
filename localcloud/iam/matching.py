"""Patterns of actions and ARNs, and the policy variables inside them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

#: A request's context: condition key in lower case → values.
RequestContext = Mapping[str, Sequence[str]]

_VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
_ARN_PARTS = 6
#: Marks a literal character that would otherwise be a wildcard (from ``${*}`` and ``${?}``).
_LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}


class UnresolvedVariableError(Exception):
    """The request has no value for a policy variable. A pattern with it matches nothing."""


def substitute(pattern: str, context: RequestContext) -> str:
    """The pattern with its policy variables replaced. Wildcards in their values are literal.

    Raises UnresolvedVariableError for a variable without a value, without a default, or with several values.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match[1].strip(), match[2]
        if name in _LITERALS:
            return _LITERALS[name]
        values = context.get(name.lower(), ())
        if len(values) == 1:
            return _escape(values[0])
        if default is not None:
            return _escape(default)
        raise UnresolvedVariableError(name)

    return _VARIABLE.sub(value, pattern) if "${" in pattern else pattern


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether the value fits a pattern with ``*`` (any characters) and ``?`` (exactly one)."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether an ARN fits, part by part: a wildcard in the first five parts does not cross a colon.

    As on AWS, missing parts of a pattern are wildcards: ``arn:aws:sqs`` is every queue.
    """
    wanted, found = pattern.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    if wanted[0] != "arn" or len(found) != _ARN_PARTS:
        return matches(pattern, arn)
    wanted += ["*"] * (_ARN_PARTS - len(wanted))
    return all(matches(part, value) for part, value in zip(wanted, found, strict=True))


def literal(pattern: str) -> str:
    """The plain text of a pattern without wildcards."""
    return pattern.replace(_LITERALS["*"], "*").replace(_LITERALS["?"], "?")


def _escape(value: str) -> str:
    return value.replace("*", _LITERALS["*"]).replace("?", _LITERALS["?"])


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(character) or re.escape(literal(character)) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
