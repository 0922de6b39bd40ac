"""The forms in which a request names a Lambda function: a name, an ARN or a part of one, perhaps with a qualifier."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9-_]+))?"
)


def parts(given: str) -> tuple[str, str] | None:
    """The function's name, and the version or alias, empty where there is none; None where this names no function."""
    found = _NAME.fullmatch(given)
    return None if found is None else (found["name"], found["qualifier"] or "")
