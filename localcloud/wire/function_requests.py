"""What a function is told of a request over HTTP: the parts that API Gateway and function URLs write alike."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from urllib.parse import parse_qsl

#: Every client of the local cloud is on this machine.
SOURCE_IP = "127.0.0.1"
#: Headers of the connection, and of the local cloud's own.
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length", "x-localcloud-inner"})


def values_of(query: str) -> dict[str, list[str]]:
    """The values of each parameter, in their order."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def new_trace_id(time: float) -> str:
    """X-Ray's id of a request of this time."""
    return f"Root=1-{int(time):08x}-{secrets.token_hex(12)}"


def time_of(time: float) -> str:
    """The time of a request, in the form of access logs."""
    return datetime.fromtimestamp(time, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
