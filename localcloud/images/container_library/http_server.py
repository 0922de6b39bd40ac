"""The HTTP loop of a serving container: keep-alive connections, one request at a time, predictor in the process.

It runs on httptools and uvloop, because an endpoint's latency is mostly the HTTP of its containers.
"""

from __future__ import annotations

import asyncio
import http
import os
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import httptools
import uvloop

#: SageMaker's default port for serving.
DEFAULT_PORT = 8080


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    #: Names in lower case.
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


Handler = Callable[[Request], Response]


def serve(handle: Handler) -> None:
    """Serves on the loopback address, port SAGEMAKER_BIND_TO_PORT, until the process ends."""
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", DEFAULT_PORT))
    uvloop.run(_serve(handle, port, lambda bound: print(f"listening on port {bound}", flush=True)))


def serve_beside(handle: Handler) -> int:
    """Serves on a thread of its own and on a free port, which it returns. For what ``serve`` itself has to call."""
    bound: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=lambda: uvloop.run(_serve(handle, 0, bound.put)), daemon=True).start()
    return bound.get()


async def _serve(handle: Handler, port: int, tell: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(handle), "127.0.0.1", port, backlog=1024)
    tell(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


class _Connection(asyncio.Protocol):
    """One client's connection. httptools calls the ``on_…`` methods."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._reset()

    def _reset(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._write(Response(status=400, body=str(error).encode()), keep_alive=False)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        request = Request(
            method=self._parser.get_method().decode("latin-1"),
            path=self._url.decode("latin-1").partition("?")[0],
            headers=self._headers,
            body=b"".join(self._body),
        )
        keep_alive = self._parser.should_keep_alive()
        self._reset()
        try:
            response = self._handle(request)
        except Exception as error:  # noqa: BLE001  (a request's fault must not end the server; the log has it)
            print(f"{request.method} {request.path}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            response = Response(status=500, body=f"{type(error).__name__}: {error}".encode())
        self._write(response, keep_alive=keep_alive)

    def _write(self, response: Response, *, keep_alive: bool) -> None:
        head = f"HTTP/1.1 {response.status} {http.HTTPStatus(response.status).phrase}\r\n"
        if response.status != http.HTTPStatus.NO_CONTENT:
            head += f"content-type: {response.content_type}\r\ncontent-length: {len(response.body)}\r\n"
        if not keep_alive:
            head += "connection: close\r\n"
        self._transport.write(head.encode("latin-1") + b"\r\n" + response.body)
        if not keep_alive:
            self._transport.close()
