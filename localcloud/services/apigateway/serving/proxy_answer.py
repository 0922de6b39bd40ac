"""A function's answer: what API Gateway makes of it, or that it is malformed."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.service import HttpResponse
from localcloud.services.apigateway.gateway_responses import failed
from localcloud.services.apigateway.serving.proxy_event import is_binary
from localcloud.wire.function_answers import header_of, status_of

if TYPE_CHECKING:
    from collections.abc import Collection

_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
#: Headers that API Gateway sets itself: a function's come back under another name, or not at all.
_REMAPPED = frozenset(
    {"authorization", "connection", "date", "host", "server", "trailer", "upgrade", "www-authenticate"}
)
_DROPPED = frozenset({"content-length", "transfer-encoding"})
_MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"


def http_answer(payload: bytes, *, accept: str, binary_media_types: Collection[str]) -> HttpResponse:
    """Raises Refused for an answer in another form than AWS's."""
    answer = _read(payload)
    status = _status(answer.get("statusCode", 200))
    headers = _headers(answer)
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise failed(f"{_MALFORMED}: its body is {type(body).__name__}, not a text")
    content = (body or "").encode()
    wanted = accept.partition(",")[0].partition(";")[0].strip().lower()
    if answer.get("isBase64Encoded") and is_binary(wanted, binary_media_types):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise failed(f"{_MALFORMED}: its body is not base64") from error
    first = {name: values[0] for name, values in headers.items()}
    more = tuple((name, value) for name, values in headers.items() for value in values[1:])
    return HttpResponse(
        status=status, headers={"content-type": "application/json", **first}, body=content, more_headers=more
    )


def _read(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload or b"null")
    except ValueError as error:
        raise failed(f"{_MALFORMED}: it is no JSON") from error
    if answer is None:  # a function that returns nothing
        return {}
    unknown = sorted(answer.keys() - _MEMBERS) if isinstance(answer, dict) else [type(answer).__name__]
    if unknown or not isinstance(answer, dict):
        raise failed(f"{_MALFORMED}: {', '.join(unknown)}")
    return answer


def _status(value: Any) -> int:
    try:
        return status_of(value)
    except ValueError as error:
        raise failed(f"{_MALFORMED}: {error}") from error


def _headers(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Names in lower case, each with its values; ``multiValueHeaders`` come before ``headers`` of the same name."""
    given = (answer.get("headers"), answer.get("multiValueHeaders"))
    single, several = ({} if headers is None else headers for headers in given)
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise failed(f"{_MALFORMED}: its headers are no object")
    found: dict[str, list[str]] = {}
    for name, value in single.items():
        found[name.lower()] = [_header(name, value)]
    for name, values in several.items():
        if not isinstance(values, list):
            raise failed(f"{_MALFORMED}: the values of {name} are no list")
        if values:
            found[name.lower()] = [_header(name, value) for value in values]
    return {
        f"x-amzn-remapped-{name}" if name in _REMAPPED else name: values
        for name, values in found.items()
        if name not in _DROPPED
    }


def _header(name: str, value: Any) -> str:
    try:
        return header_of(name, value)
    except ValueError as error:
        raise failed(f"{_MALFORMED}: {error}") from error
