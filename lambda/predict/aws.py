"""Calls to AWS over a kept connection, each within a deadline."""

from __future__ import annotations

import http.client
import os
import socket  # noqa: TC003  (http.client needs it anyway)
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from signing import Credentials, Request, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

#: For the connection alone; the answer may take until the deadline.
CONNECT_SECONDS = 3.0
#: The longest answer: SageMaker's own limit.
MOST_BYTES = 6_291_456
_CHUNK = 1 << 16
#: A kept connection that the other side has closed. The request did not arrive, or was not answered.
_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Answer:
    """An answer, whole. headers: by names in lower case."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Service:
    """One service of AWS in the function's region.

    AWS_ENDPOINT_URL_… and AWS_ENDPOINT_URL name another place of it, as for AWS's own clients.
    """

    def __init__(self, name: str, *, host: str, variable: str, environment: Mapping[str, str] = os.environ) -> None:
        """name: as it is signed. host: on AWS, with ``{region}``. variable: the end of its AWS_ENDPOINT_URL_…."""
        self.name = name
        self.region = environment["AWS_REGION"]
        own = environment.get(f"AWS_ENDPOINT_URL_{variable}") or environment.get("AWS_ENDPOINT_URL")
        #: Whether it is AWS's own place, where each bucket has a host.
        self.on_aws = not own
        self._url = urlsplit(own or f"https://{host.format(region=self.region)}")
        self._connection: http.client.HTTPConnection | None = None

    def call(
        self, method: str, path: str, *, deadline: float, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """deadline: of ``time.monotonic``. TimeoutError if it passes; OSError or HTTPException for a fault of the line.

        A kept connection that turns out to be closed is replaced once.
        """
        kept = self._connection is not None
        try:
            return self._call(method, path, deadline, headers or {}, body)
        except _STALE:
            if not kept:
                raise
        return self._call(method, path, deadline, headers or {}, body)

    def _call(self, method: str, path: str, deadline: float, headers: Mapping[str, str], body: bytes) -> Answer:
        request = Request(method=method, path=path, headers={**headers, "host": self._url.netloc}, body=body)
        now = datetime.now(UTC)
        found = signed(request, Credentials.read(), service=self.name, region=self.region, now=now)
        connection = self._connection or self._connect(deadline)
        self._connection = None  # kept only after a whole answer
        channel = connection.sock
        try:
            channel.settimeout(left_until(deadline))
            connection.request(method, request.target, body=body, headers=found)
            answer = connection.getresponse()
            content = whole(answer, channel, deadline, MOST_BYTES)
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._connection = connection
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.netloc, timeout=min(CONNECT_SECONDS, left_until(deadline)))
        connection.connect()
        return connection


def whole(answer: http.client.HTTPResponse, channel: socket.socket, deadline: float, most_bytes: int) -> bytes:
    """The body, read within the deadline however slowly it comes.

    ValueError if it is longer; HTTPException if the other side ends it too early.
    """
    content = bytearray()
    while not answer.isclosed():
        channel.settimeout(left_until(deadline))
        chunk = answer.read1(_CHUNK)
        if not chunk:
            break
        content += chunk
        if len(content) > most_bytes:
            raise ValueError(f"more than {most_bytes} bytes")
    if answer.length:
        raise http.client.IncompleteRead(bytes(content), answer.length)
    answer.read()  # nothing is left, and now http.client knows it
    return bytes(content)


def left_until(deadline: float) -> float:
    """The seconds until then. TimeoutError if there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
