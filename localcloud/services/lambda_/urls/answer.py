"""What a function URL makes of its function's answer, in AWS's payload format 2.0.

An object with ``statusCode`` is a response. Anything else is the body of one, with status 200.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from localcloud.platform.service import HttpResponse
from localcloud.wire.function_answers import header_of, status_of

_DROPPED = frozenset({"connection", "content-length", "transfer-encoding"})
_JSON = {"content-type": "application/json"}


def http_answer(payload: bytes) -> HttpResponse:
    """Raises ValueError for a response in another form than AWS's."""
    answer = json.loads(payload or b"null")
    if isinstance(answer, str):
        return HttpResponse(status=200, headers=_JSON, body=answer.encode())
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return HttpResponse(status=200, headers=_JSON, body=payload)
    given, cookies = answer.get("headers") or {}, answer.get("cookies") or []
    if not isinstance(given, dict) or not isinstance(cookies, list):
        raise ValueError("its headers are no object, or its cookies no list")  # noqa: TRY004  (of JSON, not of Python)
    headers = {name.lower(): header_of(name, value) for name, value in given.items()}
    kept = {name: value for name, value in headers.items() if name not in _DROPPED}
    return HttpResponse(
        status=status_of(answer["statusCode"]),
        headers=_JSON | kept,
        body=_body(answer),
        more_headers=tuple(("set-cookie", header_of("set-cookie", cookie)) for cookie in cookies),
    )


def _body(answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    if not answer.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("its body is not base64") from error
