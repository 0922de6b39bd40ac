"""Reads a function's name from a call: a name, an ARN or a part of one, with or without a qualifier."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.platform.errors import AwsError
from localcloud.wire.function_names import parts

_QUALIFIER = re.compile(r"\$LATEST|[A-Za-z0-9-_]{1,128}")
#: Lambda, as roles and policies name it.
PRINCIPAL = "lambda.amazonaws.com"
#: The version that changes with the function. All others are numbers.
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a call names: a function, or one of its versions or aliases."""

    name: str
    qualifier: str = ""
    """A version's number, an alias's name, ``$LATEST``; empty where the call has none."""

    def __str__(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name

    @property
    def is_latest(self) -> bool:
        """Whether it names the function as it is now."""
        return self.qualifier in ("", LATEST)

    @property
    def is_alias(self) -> bool:
        return not self.is_latest and not self.qualifier.isdigit()


def reference(given: str, qualifier: str | None = None) -> Reference:
    """Raises AwsError for an invalid name, and where the name has another qualifier than the call."""
    found = parts(given)
    if found is None:
        raise AwsError(
            "ValidationException",
            f"{given!r} names no function: give its name, such as clean-up, or its ARN.",
        )
    if qualifier and not _QUALIFIER.fullmatch(qualifier):
        raise AwsError("ValidationException", f"{qualifier!r} names neither a version nor an alias.")
    name, own = found
    if qualifier and own not in ("", qualifier):
        raise AwsError(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    return Reference(name, qualifier or own)


def function_name(given: str) -> str:
    """The name in a call that is about a whole function. Raises AwsError for one of its versions or aliases."""
    found = reference(given)
    if not found.is_latest:
        raise AwsError(
            "InvalidParameterValueException",
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
            "Please specify either a function name or an unqualified function ARN.",
        )
    return found.name
