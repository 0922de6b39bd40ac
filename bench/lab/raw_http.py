"""Requests as no client library would send them: signed by botocore, then changed, then written to a socket."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field, replace
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.lab.clouds import LocalCloud
from bench.lab.waiting import DEADLINE_SECONDS


@dataclass(frozen=True, kw_only=True)
class Raw:
    """One request; headers in their order, each as often as it is to be sent."""

    method: str = "POST"
    address: str = "/"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def and_header(self, name: str, value: str) -> Raw:
        return replace(self, headers=[*self.headers, (name, value)])

    def with_header(self, name: str, value: str) -> Raw:
        """The header in the place of the one that there is."""
        return replace(self, headers=[(n, v) for n, v in self.headers if n.lower() != name.lower()]).and_header(
            name, value
        )

    def header(self, name: str) -> str:
        return next(value for found, value in self.headers if found.lower() == name.lower())

    def wire(self) -> bytes:
        lines = [f"{self.method} {self.address} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + self.body


def signed(
    cloud: LocalCloud,
    credentials: dict[str, str],
    service: str,
    *,
    method: str = "POST",
    address: str = "/",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Raw:
    """As botocore signs it."""
    request = AWSRequest(method=method, url=cloud.endpoint_url + address, data=body, headers=headers or {})
    (S3SigV4Auth if service == "s3" else SigV4Auth)(_keys(credentials), service, "us-east-1").add_auth(request)
    return _raw(cloud, request, address, body)


def presigned(
    cloud: LocalCloud, credentials: dict[str, str], *, method: str = "GET", address: str, body: bytes = b""
) -> Raw:
    """By a URL to S3."""
    request = AWSRequest(method=method, url=cloud.endpoint_url + address)
    S3SigV4QueryAuth(_keys(credentials), "s3", "us-east-1", expires=60).add_auth(request)
    parts = urlsplit(str(request.url))
    return _raw(cloud, request, f"{parts.path}?{parts.query}", body)


def send(cloud: LocalCloud, request: Raw | bytes, *, within_seconds: float = DEADLINE_SECONDS) -> tuple[int, bytes]:
    """Status and body of the answer; 0 where there is none in time, or the connection is ended without one."""
    with connected(cloud) as connection:
        connection.settimeout(within_seconds)
        # Where it is refused before all was sent, the answer is there all the same.
        with contextlib.suppress(ConnectionError):
            connection.sendall(request if isinstance(request, bytes) else request.wire())
        return answer_of(connection)


def connected(cloud: LocalCloud) -> socket.socket:
    address = urlsplit(cloud.endpoint_url)
    return socket.create_connection((address.hostname, address.port), timeout=DEADLINE_SECONDS)


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """As :func:`send`."""
    response = HTTPResponse(connection)
    try:
        response.begin()
        return response.status, response.read()
    except (ConnectionError, TimeoutError, HTTPException, ValueError):
        return 0, b""
    finally:
        response.close()


def _raw(cloud: LocalCloud, request: AWSRequest, address: str, body: bytes) -> Raw:
    headers = [
        *request.headers.items(),
        ("Host", urlsplit(cloud.endpoint_url).netloc),
        ("Content-Length", str(len(body))),
    ]
    return Raw(method=request.method or "", address=address, headers=headers, body=body)


def _keys(credentials: dict[str, str]) -> Credentials:
    return Credentials(
        credentials["aws_access_key_id"],
        credentials["aws_secret_access_key"],
        credentials.get("aws_session_token"),
    )
