"""How the front door keeps its connections: those that say nothing, or never to an end, are cut after a while."""

from __future__ import annotations

import contextlib
import resource
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

#: From a request's first byte, or a connection's begin, to the end of its head.
HEAD_SECONDS = 20.0
#: From an answer to the next request. A client that sends it in the moment in which the connection ends gets no answer,
#: and not each one tries again: so it is far longer than anybody pauses between two calls.
IDLE_SECONDS = 600
#: So long a client may be without taking what was sent to it, before the kernel cuts the connection.
_UNTAKEN_MILLISECONDS = 60_000


class Protocol(HttpToolsProtocol):
    """uvicorn's, with an end to waiting for a request's head."""

    _waiting_for_head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._no_longer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_longer()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._no_longer()
        self._waiting_for_head = self.loop.call_later(HEAD_SECONDS, self._cut)

    def _no_longer(self) -> None:
        if self._waiting_for_head is not None:
            self._waiting_for_head.cancel()
            self._waiting_for_head = None

    def _cut(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def configuration(app: Any) -> uvicorn.Config:
    """The server of one ASGI application on these connections."""
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=IDLE_SECONDS,
        server_header=False,
        proxy_headers=False,  # nobody stands between: what a client says of its address is not believed
        http=Protocol,
        ws="none",
    )


def cut_the_dead(listener: socket.socket) -> None:
    """Lets the kernel cut connections whose client takes nothing any more. Connections inherit it."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MILLISECONDS)


def allow_many_connections() -> None:
    """As many open files as the user may have: a shell's default is 1,024, which few clients would use up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
