"""Reads a function's name from a call: a name, an ARN or a part of one, with or without a qualifier."""

from __future__ import annotations

import re

from localcloud.platform.errors import AwsError, UnsupportedError

_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9-_]+))?"
)
#: Lambda, as roles and policies name it.
PRINCIPAL = "lambda.amazonaws.com"
_LATEST = "$LATEST"


def function_name(given: str, qualifier: str | None = None) -> str:
    """The bare name. Raises AwsError for an invalid name, UnsupportedError for a version or an alias."""
    found = _NAME.fullmatch(given)
    if found is None:
        raise AwsError(
            "ValidationException",
            f"{given!r} names no function: give its name, such as clean-up, or its ARN.",
        )
    wanted = qualifier or found["qualifier"] or _LATEST
    if wanted != _LATEST:
        raise UnsupportedError(f"lambda: versions and aliases ({found['name']}:{wanted})")
    return found["name"]
