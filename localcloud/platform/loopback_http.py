"""HTTP to this machine's own ports: asynchronous, over kept-alive connections, and lean. To containers, for example."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httptools

from localcloud.platform.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class LoopbackResponse:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


class ConnectionLostError(Exception):
    """The other end closed the connection, or did not accept it."""


class Connections:
    """Idle connections by port. Used from one event loop only."""

    def __init__(self) -> None:
        self._idle: dict[int, list[_Connection]] = {}

    async def post(self, port: int, path: str, headers: Mapping[str, str], body: bytes) -> LoopbackResponse:
        """Raises ConnectionLostError where nobody listens. The caller sets the time-out."""
        return await self._ask(port, f"POST {path}", headers, body)

    async def get(self, port: int, path: str, headers: Mapping[str, str]) -> LoopbackResponse:
        """As :meth:`post`."""
        return await self._ask(port, f"GET {path}", headers, b"")

    async def _ask(self, port: int, asked: str, headers: Mapping[str, str], body: bytes) -> LoopbackResponse:
        idle = self._idle.setdefault(port, [])
        while idle:
            connection = idle.pop()
            if connection.usable:
                try:
                    return await self._exchange(connection, asked, headers, body)
                except _ClosedWhileIdleError:
                    continue
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(port, idle), LOOPBACK, port
            )
            return await self._exchange(connection, asked, headers, body)
        except OSError as error:
            raise ConnectionLostError(str(error)) from error

    async def _exchange(
        self, connection: _Connection, asked: str, headers: Mapping[str, str], body: bytes
    ) -> LoopbackResponse:
        try:
            response = await connection.exchange(asked, headers, body)
        except BaseException:
            connection.close()  # also when the caller's time-out cancels: an answer may still be under way
            raise
        if connection.usable:
            connection.rest()
        return response


class _ClosedWhileIdleError(ConnectionLostError):
    """The connection closed before any part of an answer came. The request can be sent again."""


class _Connection(asyncio.Protocol):
    """One connection with one exchange at a time. httptools calls the ``on_…`` methods."""

    def __init__(self, port: int, idle: list[_Connection]) -> None:
        self.port = port
        self._idle = idle
        self.usable = False
        self._waiting: asyncio.Future[LoopbackResponse] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not a subclass of it
        self.usable = True

    async def exchange(self, asked: str, headers: Mapping[str, str], body: bytes) -> LoopbackResponse:
        self._response = LoopbackResponse()
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self._waiting = asyncio.get_running_loop().create_future()
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{asked} HTTP/1.1\r\nhost: {LOOPBACK}:{self.port}\r\n{lines}content-length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode("latin-1") + body)
        return await self._waiting

    def rest(self) -> None:
        """Puts the connection among the idle ones."""
        self._idle.append(self)

    def close(self) -> None:
        self.usable = False
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionLostError(f"the answer is not HTTP: {error}"))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self in self._idle:
            self._idle.remove(self)
        self._fail(_ClosedWhileIdleError("the connection was closed") if exc is None else ConnectionLostError(str(exc)))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._response.status = self._parser.get_status_code()
        self._response.body = b"".join(self._parts)
        if not self._parser.should_keep_alive():
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._response)

    def _fail(self, error: Exception) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
