"""Values of ``$context`` and ``$stageVariables`` in a text: an access log's format, or the body of an API's own answer.

Nothing else of API Gateway's templates (Velocity) is evaluated: a text with more is refused by name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = r"[A-Za-z0-9_]+(?:[.\-:][A-Za-z0-9_]+)*"
_VARIABLE = re.compile(rf"\$(?:\{{(context|stageVariables)\.({_NAME})\}}|(context|stageVariables)\.({_NAME}))")
_WORDS = "set|if|else|elseif|end|foreach|macro|parse|include|stop|evaluate"
_DIRECTIVE = re.compile(rf"\$(?=[A-Za-z{{!])|^\s*#|#(?:{_WORDS})\b", re.MULTILINE)


def check_template(text: str, what: str) -> None:
    """Raises UnsupportedError where a text has more than plain variables."""
    rest = _VARIABLE.sub("", text)
    found = _DIRECTIVE.search(rest)
    if found:
        line = rest[found.start() :].strip().partition("\n")[0]
        raise UnsupportedError(
            f"apigateway: {line[:60]!r} in the template of {what} (only $context and $stageVariables are evaluated)"
        )


def substituted(text: str, context: Mapping[str, Any], stage_variables: Mapping[str, str], *, unknown: str = "") -> str:
    """The text with the variables' values. ``context`` has flat names (``identity.sourceIp``)."""

    def value(match: re.Match[str]) -> str:
        kind, name = match[1] or match[3], match[2] or match[4]
        found = (context if kind == "context" else stage_variables).get(name)
        return unknown if found is None or found == "" else str(found)

    return _VARIABLE.sub(value, text)
