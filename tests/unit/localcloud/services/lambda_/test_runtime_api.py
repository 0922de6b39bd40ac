"""Lambda's Runtime API: what a runtime asks and says, and who hears of it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from localcloud.services.lambda_.runtime_api import Answer, Event, Incoming, RuntimeApi

_WAIT_SECONDS = 600
_INVOCATION = "/2018-06-01/runtime/invocation"


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    found = RuntimeApi()
    yield found
    found.close()


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def client(api: RuntimeApi) -> http.client.HTTPConnection:
    host, _, port = api.address.partition(":")
    return http.client.HTTPConnection(host, int(port), timeout=_WAIT_SECONDS)


def event(request_id: str, payload: bytes = b"{}", context: str = "") -> Event:
    incoming = Incoming(request_id=request_id, payload=payload, function_arn="arn:aws:lambda:f", client_context=context)
    return Event(incoming=incoming, deadline_ms=1234)


def asked(connection: http.client.HTTPConnection) -> tuple[int, dict[str, str], bytes]:
    connection.request("GET", f"{_INVOCATION}/next")
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def said(connection: http.client.HTTPConnection, path: str, body: bytes) -> int:
    connection.request("POST", path, body)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def first_asked(api: RuntimeApi) -> float:
    """When the runtime asked first, once it has."""
    while api.first_asked is None:
        assert api.wait(_WAIT_SECONDS) is None
    return api.first_asked


def test_a_runtime_gets_each_event_and_answers_it(api: RuntimeApi, aside: ThreadPoolExecutor) -> None:
    """Over one connection: the event with its headers, the answer, and the next event, given before it is asked for."""

    def runtime() -> list[tuple[int, dict[str, str], bytes]]:
        connection, found = client(api), []
        for number in (1, 2):
            found.append(asked(connection))
            assert said(connection, f"{_INVOCATION}/{number}/response", b"%d" % number) == 202
        return found

    ran = aside.submit(runtime)
    assert first_asked(api) > 0
    api.give(event("1", b'{"a": 1}', context="Y29udGV4dA=="))
    assert api.wait(_WAIT_SECONDS) == Answer(kind="response", payload=b"1", request_id="1")
    api.give(event("2"))
    assert api.wait(_WAIT_SECONDS) == Answer(kind="response", payload=b"2", request_id="2")
    (status, headers, body), second = ran.result()
    assert (status, body) == (200, b'{"a": 1}')
    assert headers["lambda-runtime-aws-request-id"] == "1"
    assert headers["lambda-runtime-deadline-ms"] == "1234"
    assert headers["lambda-runtime-invoked-function-arn"] == "arn:aws:lambda:f"
    assert headers["lambda-runtime-client-context"] == "Y29udGV4dA=="
    assert "lambda-runtime-client-context" not in second[1]


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/init/error", 202, "init error"),
        ("/invocation/7/error", 202, "error"),
        ("/invocation/7/response", 202, "response"),
        ("/invocation/7/elsewhere", 404, None),
        ("/restore/next", 404, None),
    ],
)
def test_what_a_runtime_says(
    api: RuntimeApi, aside: ThreadPoolExecutor, path: str, status: int, kind: str | None
) -> None:
    """Failures of start and handler are answers; other paths are none, and are refused."""
    body = json.dumps({"errorMessage": "x" * 300_000}).encode()
    connection = client(api)
    told: Future[int] = aside.submit(said, connection, f"/2018-06-01/runtime{path}", body)
    answer = None
    while not told.done() or (kind and answer is None):
        answer = api.wait(0.05) or answer
    assert told.result() == status
    assert (answer.kind if answer else None) == kind
    assert answer is None or answer.payload == body


def test_a_body_in_chunks_after_a_question(api: RuntimeApi, aside: ThreadPoolExecutor) -> None:
    """A client that asks whether it may go on is told so; a body of chunks arrives whole."""
    host, _, port = api.address.partition(":")

    def talk() -> bytes:
        with socket.create_connection((host, int(port)), timeout=_WAIT_SECONDS) as channel:
            head = (
                f"POST {_INVOCATION}/1/response HTTP/1.1\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
            )
            channel.sendall(head.encode())
            assert channel.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            channel.sendall(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            return channel.recv(1000)

    told = aside.submit(talk)
    assert api.wait(_WAIT_SECONDS) == Answer(kind="response", payload=b"abc", request_id="1")
    assert told.result().startswith(b"HTTP/1.1 202 Accepted\r\n")


@pytest.mark.parametrize(
    "sent",
    [b"\x00\x01 nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"],
    ids=["no HTTP", "another protocol"],
)
def test_what_is_no_http_ends_its_connection_alone(
    api: RuntimeApi, aside: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """The log has it; another connection is answered as before."""
    host, _, port = api.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=_WAIT_SECONDS) as channel:
        channel.sendall(sent)
        ended = aside.submit(lambda: list(iter(lambda: channel.recv(1000), b"")))
        while not ended.done():
            assert api.wait(0.05) is None
        assert b"200" not in b"".join(ended.result())
    assert "a runtime's request cannot be read" in caplog.text
    told = aside.submit(said, client(api), "/2018-06-01/runtime/init/error", b"{}")
    answer = api.wait(_WAIT_SECONDS)
    assert answer is not None
    assert answer.kind == "init error"
    assert told.result() == 202


def test_closing_ends_the_wait_of_a_runtime(api: RuntimeApi, aside: ThreadPoolExecutor) -> None:
    """A runtime that waits for an event finds its connection closed; whoever waits for an answer gets none."""
    connection = client(api)
    waiting = aside.submit(asked, connection)
    first_asked(api)
    api.close()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        waiting.result()
    assert api.wait(0) is None
