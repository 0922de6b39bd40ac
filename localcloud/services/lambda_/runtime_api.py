"""Lambda's Runtime API, as AWS documents it: one sandbox gets its events here and returns their results."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localcloud.platform.settings import LOOPBACK

_PREFIX = "/2018-06-01/runtime"


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
    """A server for one sandbox, on a loopback port of its own, until ``close``."""

    def __init__(self) -> None:
        self.answers: queue.Queue[Answer] = queue.Queue()
        #: Set once the runtime has asked for its first event: its initialization has ended.
        self.initialized = threading.Event()
        #: When it asked, by the monotonic clock.
        self.first_asked = 0.0
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="runtime-api").start()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self._server.server_port}"

    def give(self, event: Event) -> None:
        self._events.put(event)

    def next_event(self) -> Event | None:
        """Waits for the next event; None when the sandbox must end."""
        self.first_asked = self.first_asked or time.monotonic()
        self.initialized.set()
        return self._events.get()

    def close(self) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        super().__init__((LOOPBACK, 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is sent in one piece
    server: _Server

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}/invocation/next":
            self._answer(404, b"")
            return
        event = self.server.api.next_event()
        if event is None:
            self.close_connection = True
            return
        incoming = event.incoming
        headers = {
            "Lambda-Runtime-Aws-Request-Id": incoming.request_id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": incoming.function_arn,
            "Content-Type": "application/json",
        }
        if incoming.client_context:
            headers["Lambda-Runtime-Client-Context"] = incoming.client_context
        self._answer(200, incoming.payload, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.removeprefix(_PREFIX)
        parts = path.strip("/").split("/")
        if path == "/init/error":
            self.server.api.answers.put(Answer(kind="init error", payload=body))
        elif len(parts) == 3 and parts[0] == "invocation" and parts[2] in ("response", "error"):
            self.server.api.answers.put(Answer(kind=parts[2], payload=body, request_id=parts[1]))
        else:
            self._answer(404, b"")
            return
        self._answer(202, b'{"status":"OK"}')

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Writes nothing: what happens belongs in the function's log, not in ours."""
