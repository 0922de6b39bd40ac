"""Refuses, by name, requests that moto would accept and carry out in another way than asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError

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


def check(call: ApiRequest) -> None:
    """Raises UnsupportedError such as ``kms:Sign with MessageType DIGEST``."""
    name, value = _READ_OVER.get((call.service, call.operation), ("", None))
    if name and call.params.get(name) == value:
        raise UnsupportedError(f"{call.service}:{call.operation} with {name} {value}")
