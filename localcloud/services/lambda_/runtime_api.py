"""Lambda's Runtime API, as AWS documents it: one sandbox gets its events here and returns their results."""

from __future__ import annotations

import contextlib
import http
import logging
import selectors
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import httptools

from localcloud.platform.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("localcloud.lambda")

_PREFIX = "/2018-06-01/runtime"
_PIECE_BYTES = 1 << 16
#: For a runtime that takes what is sent to it. One that does not runs into its own time-out.
_SEND_SECONDS = 5.0
_CLOSED_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """An event for a function."""

    request_id: str
    payload: bytes
    function_arn: str
    """As the caller named the function."""
    client_context: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event on its way to the handler."""

    incoming: Incoming
    deadline_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The runtime's result; ``kind`` is ``response``, ``error`` or ``init error``."""

    kind: str
    payload: bytes
    request_id: str = ""


class RuntimeApi:
    """A server for one sandbox, on a loopback port of its own, until ``close``.

    It has no thread: what the runtime asks and says is read by whoever waits for it, so that an answer wakes up one
    thread and not two. Only one thread at a time may call ``wait`` or ``give``.
    """

    def __init__(self) -> None:
        #: When the runtime asked for its first event, by the monotonic clock: then its initialization has ended.
        self.first_asked: float | None = None
        #: The connection on which the runtime has asked for an event, or the event that nobody has asked for yet.
        self._asking: _Connection | None = None
        self._event: Event | None = None
        self._answers: deque[Answer] = deque()
        #: Held while a thread waits. ``close`` may come at any time.
        self._turn = threading.Lock()
        self._closed = False
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.setblocking(False)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._listener, selectors.EVENT_READ)
        self.address = f"{LOOPBACK}:{self._listener.getsockname()[1]}"

    def give(self, event: Event) -> None:
        """Sends it as soon as the runtime asks for one."""
        self._event = event
        self._send_what_is_asked()

    def wait(self, seconds: float) -> Answer | None:
        """The runtime's next answer; None if none came for so long, and as soon as the first event is asked for."""
        deadline, asked = time.monotonic() + seconds, self.first_asked
        with self._turn:
            while not (self._closed or self._answers) and self.first_asked == asked:
                found = self._ready.select(max(0.0, deadline - time.monotonic()))
                if not found:
                    return None
                for key, _ in found:
                    self._accept() if key.data is None else self._read(key.data)
            if self._closed:
                time.sleep(min(seconds, _CLOSED_SECONDS))  # whoever waits looks next whether the process has ended
            return self._answers.popleft() if self._answers else None

    def close(self) -> None:
        with self._turn:
            if self._closed:
                return
            self._closed = True
            for key in list(self._ready.get_map().values()):
                cast("socket.socket", key.fileobj).close()
            self._ready.close()

    def asked(self, connection: _Connection) -> None:
        """The runtime has asked for its next event, and waits on this connection."""
        self.first_asked = self.first_asked or time.monotonic()
        self._asking = connection
        self._send_what_is_asked()

    def answered(self, answer: Answer) -> None:
        self._answers.append(answer)

    def _send_what_is_asked(self) -> None:
        if self._asking is not None and self._event is not None:
            asking, event = self._asking, self._event
            self._asking = self._event = None
            asking.send_event(event)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            channel, _ = self._listener.accept()
            channel.settimeout(_SEND_SECONDS)
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ready.register(channel, selectors.EVENT_READ, _Connection(self, channel))

    def _read(self, connection: _Connection) -> None:
        if not connection.read():
            self._ready.unregister(connection.channel)
            connection.channel.close()


class _Connection:
    """One of the runtime's connections. httptools calls the ``on_…`` methods."""

    def __init__(self, api: RuntimeApi, channel: socket.socket) -> None:
        self._api = api
        self.channel = channel
        self._parser = httptools.HttpRequestParser(self)
        self._reset()

    def read(self) -> bool:
        """Takes what has come. False at the connection's end, or where what comes is no HTTP."""
        try:
            data = self.channel.recv(_PIECE_BYTES)
            self._parser.feed_data(data)
        except OSError:
            return False
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            log.warning("a runtime's request cannot be read: %s", error, exc_info=error)
            return False
        return bool(data)

    def send_event(self, event: Event) -> None:
        """A runtime that is gone gets none: whoever waits for its answer finds that its process has ended."""
        incoming = event.incoming
        headers = {
            "Lambda-Runtime-Aws-Request-Id": incoming.request_id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": incoming.function_arn,
        }
        if incoming.client_context:
            headers["Lambda-Runtime-Client-Context"] = incoming.client_context
        with contextlib.suppress(OSError):
            self._send(200, incoming.payload, headers)

    # ---- what httptools calls

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self.channel.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        path, body = self._url.decode("latin-1").removeprefix(_PREFIX), b"".join(self._body)
        self._reset()
        if self._parser.get_method() == b"GET" and path == "/invocation/next":
            self._api.asked(self)
            return
        answer = _answer(path, body) if self._parser.get_method() == b"POST" else None
        if answer is None:
            self._send(404, b"")
        else:
            self._api.answered(answer)
            self._send(202, b'{"status":"OK"}')

    def _reset(self) -> None:
        self._url = b""
        self._body: list[bytes] = []

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """In one piece."""
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        self.channel.sendall(head.encode("latin-1") + body)


def _answer(path: str, body: bytes) -> Answer | None:
    """What the runtime says of its start or of an event; None for a path that says nothing."""
    match path.strip("/").split("/"):
        case ["init", "error"]:
            return Answer(kind="init error", payload=body)
        case ["invocation", request_id, ("response" | "error") as kind]:
            return Answer(kind=kind, payload=body, request_id=request_id)
    return None
