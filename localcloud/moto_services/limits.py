"""Refuses, by name, requests that moto would accept and carry out in another way than asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.moto_services import log_filters
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


NOT_SERVED = frozenset(
    {
        # moto answers with a list, and AWS with a stream of events to another host name, which no client finds here.
        ("logs", "StartLiveTail"),
        # moto looks for the function or stream among its own, finds none, and says in AWS's words that there is none.
        ("logs", "PutSubscriptionFilter"),
        ("secretsmanager", "RotateSecret"),
        ("secretsmanager", "CancelRotateSecret"),
    }
)

#: What moto does of Logs Insights. It reads over any other command, and answers with events that were not asked for.
_FIELDS = re.compile(
    r"fields\s+@(timestamp|message|logStream|log)(\s*,\s*@(timestamp|message|logStream|log))*", re.IGNORECASE
)
_COMMANDS = (
    _FIELDS,
    re.compile(r"sort\s+@timestamp(\s+(asc|desc))?", re.IGNORECASE),
    re.compile(r"limit\s+\d+", re.IGNORECASE),
)

_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.:/-]+")


def check(call: ApiRequest) -> None:
    """Raises UnsupportedError such as ``kms:Sign with MessageType DIGEST``, AwsError for a name that AWS refuses."""
    if (call.service, call.operation) in NOT_SERVED:
        raise UnsupportedError(f"{call.service}:{call.operation}")
    if (call.service, call.operation) == ("ssm", "PutParameter"):
        _check_parameter_name(str(call.params.get("Name", "")))
    if (call.service, call.operation) == ("logs", "StartQuery"):
        _check_query(str(call.params.get("queryString", "")))
    if call.service == "logs" and call.params.get("filterPattern"):
        log_filters.parse(str(call.params["filterPattern"]))
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


def _check_query(query: str) -> None:
    for command in filter(None, map(str.strip, re.split(r"[|\n]", query))):
        if not any(known.fullmatch(command) for known in _COMMANDS):
            raise UnsupportedError(
                f"logs:StartQuery with {command!r} (fields of @timestamp, @message, @logStream and @log are, sort "
                "@timestamp, and limit)"
            )
