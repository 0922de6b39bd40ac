"""Refuses, by name, requests that moto would accept and carry out in another way than asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: (service, operation) → parameter and the value that moto ignores.
_READ_OVER = {
    # moto would hash the digest once more, and no other client could verify the signature.
    ("kms", "Sign"): ("MessageType", "DIGEST"),
    ("kms", "Verify"): ("MessageType", "DIGEST"),
    # moto would call a function of its own, which it does not have.
    ("sns", "Subscribe"): ("Protocol", "lambda"),
}


#: What moto answers with a list, and AWS with a stream of events to another host name, which no client finds here.
NOT_SERVED = frozenset({("logs", "StartLiveTail")})

_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.:/-]+")


def check(call: ApiRequest) -> None:
    """Raises UnsupportedError such as ``kms:Sign with MessageType DIGEST``, AwsError for a name that AWS refuses."""
    if (call.service, call.operation) in NOT_SERVED:
        raise UnsupportedError(f"{call.service}:{call.operation}")
    if (call.service, call.operation) == ("ssm", "PutParameter"):
        _check_parameter_name(str(call.params.get("Name", "")))
    name, value = _READ_OVER.get((call.service, call.operation), ("", None))
    if name and call.params.get(name) == value:
        raise UnsupportedError(f"{call.service}:{call.operation} with {name} {value}")


def _check_parameter_name(name: str) -> None:
    if not _PARAMETER_NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
            "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
            "following 3 symbols .-_",
        )
