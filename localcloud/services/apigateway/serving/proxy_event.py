"""The event that a Lambda function gets of a request, in AWS's form of REST APIs (version 1 of proxy events).

Headers that a client sends have lower-case names, as an HTTP/2 client's on AWS; those that AWS adds have its own.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.wire.function_requests import NOT_PASSED_ON, SOURCE_IP

if TYPE_CHECKING:
    from collections.abc import Collection

    from localcloud.services.apigateway.serving.exchange import Exchange
    from localcloud.services.apigateway.serving.snapshots import Method

#: Names that API Gateway writes itself.
_SPELLED = {"host": "Host", "user-agent": "User-Agent"}


def proxy_event(exchange: Exchange, method: Method) -> bytes:
    headers = _headers(exchange)
    body, encoded = _body(exchange)
    query = exchange.query
    event: dict[str, Any] = {
        "resource": method.resource_path,
        "path": unquote(exchange.path),
        "httpMethod": exchange.http_method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": exchange.path_parameters or None,
        "stageVariables": exchange.stage.variables or None,
        "requestContext": _request_context(exchange, method),
        "body": body,
        "isBase64Encoded": encoded,
    }
    return json.dumps(event).encode()


def is_binary(media_type: str, binary_media_types: Collection[str]) -> bool:
    return media_type in binary_media_types or "*/*" in binary_media_types


def _headers(exchange: Exchange) -> dict[str, str]:
    sent = {_SPELLED.get(name, name): value for name, value in exchange.headers.items() if name not in NOT_PASSED_ON}
    added = {"X-Forwarded-For": SOURCE_IP, "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
    return sent | added | {"X-Amzn-Trace-Id": exchange.trace_id}


def _body(exchange: Exchange) -> tuple[str | None, bool]:
    if not exchange.body:
        return None, False
    if is_binary(exchange.content_type, exchange.stage.deployed.binary_media_types):
        return base64.b64encode(exchange.body).decode(), True
    return exchange.body.decode("utf-8", "replace"), False


def _request_context(exchange: Exchange, method: Method) -> dict[str, Any]:
    stage = exchange.stage
    authorizer = {"authorizer": {"claims": _claims(exchange.claims)}} if exchange.claims is not None else {}
    return {
        "resourceId": method.resource_id,
        **authorizer,
        "resourcePath": method.resource_path,
        "httpMethod": exchange.http_method,
        "extendedRequestId": exchange.extended_id,
        "requestTime": exchange.request_time,
        "path": f"/{stage.name}{exchange.path}",
        "accountId": stage.account_id,
        "protocol": "HTTP/1.1",
        "stage": stage.name,
        "domainPrefix": stage.api_id,
        "requestTimeEpoch": int(exchange.time * 1000),
        "requestId": exchange.request_id,
        "identity": exchange.identity(),
        "domainName": exchange.headers.get("host", "").partition(":")[0],
        "deploymentId": stage.deployment_id,
        "apiId": stage.api_id,
    }


def _claims(claims: dict[str, Any]) -> dict[str, str]:
    """A token's claims, each as text: AWS hands on nothing else."""
    return {name: _text(value) for name, value in claims.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]" if len(value) != 1 else str(value[0])
    return value if isinstance(value, str) else json.dumps(value)
