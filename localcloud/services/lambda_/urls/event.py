"""The event that a function gets of a request to its URL, in AWS's payload format 2.0."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from localcloud.wire.function_requests import NOT_PASSED_ON, SOURCE_IP, new_trace_id, time_of, values_of

if TYPE_CHECKING:
    from localcloud.platform.service import Caller, Visit

#: Cookies have a member of their own.
_NOT_PASSED_ON = NOT_PASSED_ON | {"cookie"}
#: The types of bodies that are handed over as text; all others are encoded.
_TEXTS = frozenset({"application/json", "application/javascript", "application/xml"})
_TEXT_ENDINGS = ("+json", "+xml")


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request to a function's URL."""

    visit: Visit
    caller: Caller | None
    """Who signed it; None where the URL asks for no signature."""
    host: str
    time: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @cached_property
    def trace_id(self) -> str:
        return new_trace_id(self.time)

    def event(self) -> bytes:
        visit = self.visit
        body, encoded = _body(visit.headers.get("content-type", ""), visit.request.body)
        cookies = [each for each in visit.headers.get("cookie", "").split("; ") if each]
        query = values_of(visit.request.query)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": visit.path,
            "rawQueryString": visit.request.query,
            **({"cookies": cookies} if cookies else {}),
            "headers": self._headers(),
            **({"queryStringParameters": {name: ",".join(each) for name, each in query.items()}} if query else {}),
            "requestContext": self._context(),
            **({"body": body} if body is not None else {}),
            "isBase64Encoded": encoded,
        }
        return json.dumps(event).encode()

    def _headers(self) -> dict[str, str]:
        sent = {name: value for name, value in self.visit.headers.items() if name not in _NOT_PASSED_ON}
        added = {"x-forwarded-for": SOURCE_IP, "x-forwarded-port": "443", "x-forwarded-proto": "https"}
        return sent | added | {"x-amzn-trace-id": self.trace_id}

    def _context(self) -> dict[str, Any]:
        return {
            "accountId": self.caller.account_id if self.caller else "anonymous",
            "apiId": self.visit.name,
            **({"authorizer": {"iam": _signer(self.caller)}} if self.caller else {}),
            "domainName": self.host,
            "domainPrefix": self.visit.name,
            "http": {
                "method": self.visit.request.method,
                "path": self.visit.path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": self.visit.headers.get("user-agent"),
            },
            "requestId": self.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time_of(self.time),
            "timeEpoch": int(self.time * 1000),
        }


def _signer(caller: Caller) -> dict[str, Any]:
    return {
        "accessKey": caller.access_key_id,
        "accountId": caller.account_id,
        "callerId": caller.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": caller.user_id,
    }


def _body(content_type: str, body: bytes) -> tuple[str | None, bool]:
    """The body's text, and whether it is encoded: a form is, as on AWS."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return None, False
    if kind.startswith("text/") or kind in _TEXTS or kind.endswith(_TEXT_ENDINGS):
        return body.decode("utf-8", "replace"), False
    return base64.b64encode(body).decode(), True
