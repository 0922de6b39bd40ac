"""Smithy's RPC v2 protocol with CBOR: the operation is in the path, and values are typed as the model has them."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.service import HttpResponse
from localcloud.wire import cbor

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

#: As botocore names the protocol in a service's model.
NAME = "smithy-rpc-v2-cbor"
_HEADER, _SPOKEN = "smithy-protocol", "rpc-v2-cbor"
_PATH = re.compile(r"/service/([A-Za-z0-9_.]+)/operation/([A-Za-z0-9]+)")
_HEADERS = {_HEADER: _SPOKEN, "content-type": "application/cbor"}


def is_spoken(request: HttpRequest) -> bool:
    return request.headers.get(_HEADER) == _SPOKEN


def operation(request: HttpRequest, service: str) -> str | None:
    """What the path asks for, of this service (the prefix of its targets)."""
    found = _PATH.fullmatch(request.path)
    return found[2] if found and found[1] == service and is_spoken(request) and request.method == "POST" else None


def as_json(value: Any) -> Any:
    """A decoded value in the form that the JSON protocol has: moments as seconds, bytes as base64."""
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def answer(shape: Any | None, result: dict[str, Any], request_id: str) -> HttpResponse:
    body = cbor.encoded(_shaped(shape, result) if shape is not None else {})
    return HttpResponse(status=200, headers={**_HEADERS, "x-amzn-requestid": request_id}, body=body)


def _shaped(shape: Any, value: Any) -> Any:
    """The part of a result that the model has, each value in the model's type."""
    kind = shape.type_name
    if kind == "structure":
        members = shape.members.items()
        return {name: _shaped(member, value[name]) for name, member in members if value.get(name) is not None}
    if kind == "list":
        return [_shaped(shape.member, item) for item in value]
    if kind == "map":
        return {str(name): _shaped(shape.value, item) for name, item in value.items()}
    if kind == "timestamp":
        return value if isinstance(value, datetime) else _moment(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "string":
        return str(value)
    return value.encode() if kind == "blob" and isinstance(value, str) else value


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)


def error(kind: str, code: str, message: str, status: int, request_id: str) -> HttpResponse:
    """``kind``: the model's name of the error, which differs from the ``code`` of the older protocols for some."""
    fault = "Receiver" if status >= 500 else "Sender"
    headers = {**_HEADERS, "x-amzn-requestid": request_id, "x-amzn-query-error": f"{code};{fault}"}
    return HttpResponse(status=status, headers=headers, body=cbor.encoded({"__type": kind, "message": message}))


def in_its_words(head: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A refusal from before the service was known, in CBOR where the caller reads nothing else."""
    if not is_spoken(head) or response.headers.get("content-type") == _HEADERS["content-type"]:
        return response
    code = response.headers.get("x-amzn-errortype")
    if code is None:
        return response
    message = str(json.loads(response.body).get("message", ""))
    return error(code, code, message, response.status, response.headers.get("x-amzn-requestid", ""))
