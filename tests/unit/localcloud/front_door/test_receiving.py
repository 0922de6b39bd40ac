"""How long a client is waited for, and what of a body counts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from uvicorn.server import ServerState

from localcloud.front_door import connections, receiving
from localcloud.front_door.receiving import SMALL_BYTES, Body, HungUpError, too_large
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest

HANGS = object()


def body(messages: list[Any], **headers: str) -> Body:
    """Of a request whose client sends these pieces; HANGS for none, None for an end too early."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    left = list(messages)

    async def receive() -> dict[str, Any]:
        message = left.pop(0)
        if message is HANGS:
            await asyncio.Event().wait()
        if message is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": message, "more_body": bool(left)}

    return Body(HttpRequest(method="POST", path="/", query="", headers=named, body=b""), receive)


def read(found: Body, limit: int = 100) -> bytes:
    return asyncio.run(found.read(limit, too_large("", limit)))


def test_a_whole_body() -> None:
    """It is put together, with a length and without."""
    assert read(body([b"a", b"bc"], content_length="3")) == b"abc"
    assert read(body([b"a", b"bc"], transfer_encoding="chunked")) == b"abc"
    assert read(body([b""])) == b""
    assert body([b""]).is_small
    assert not body([b""], content_length=str(SMALL_BYTES + 1)).is_small


@pytest.mark.parametrize(
    ("messages", "headers", "code"),
    [
        ([b"a", b"b"], {"content_length": "3"}, "IncompleteBody"),
        ([b"a" * 60, b"a" * 60], {"transfer_encoding": "chunked"}, "RequestEntityTooLarge"),
        ([b""], {"content_length": "101"}, "RequestEntityTooLarge"),
    ],
)
def test_a_body_of_another_length(messages: list[Any], headers: dict[str, str], code: str) -> None:
    """Too short, and too long with and without its length said."""
    with pytest.raises(AwsError) as refused:
        read(body(messages, **headers))
    assert refused.value.code == code


def test_half_a_body_is_none() -> None:
    """A client that hangs up gets no answer, and nothing is done."""
    with pytest.raises(HungUpError):
        read(body([b"a", None], content_length="3"))


@pytest.mark.parametrize("headers", [{"content_length": "3"}, {"transfer_encoding": "chunked"}])
def test_a_client_that_sends_nothing_more(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    """It is waited for a while, then refused in S3's words."""
    monkeypatch.setattr(receiving, "IDLE_SECONDS", 0.01)
    with pytest.raises(AwsError) as refused:
        read(body([b"a", HANGS], **headers))
    assert refused.value.code == "RequestTimeout"


def test_a_body_in_memory_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large body that comes byte by byte is refused, however short its pauses."""
    monkeypatch.setattr(receiving, "IN_MEMORY_SECONDS", 0.01)
    with pytest.raises(AwsError) as refused:
        read(body([b"a", HANGS], content_length=str(SMALL_BYTES + 1)), limit=SMALL_BYTES + 1)
    assert refused.value.code == "RequestTimeout"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT"])
def test_half_a_head_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """A connection without a head, or with half of one, is ended; also where an earlier request was answered."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)

    assert (b"204" in all_that_comes_for(sent)) is (b"\r\n\r\n" in sent)


def test_an_idle_connection_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after the front door's own time: the server's five seconds would cut clients that pause."""
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0)
    assert b"204" in all_that_comes_for(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


def all_that_comes_for(sent: bytes) -> bytes:
    """What a connection answers until the server ends it."""

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def until_cut() -> bytes:
        config = connections.configuration(app)
        config.load()
        make = lambda: connections.Protocol(config=config, server_state=ServerState(), app_state={})  # noqa: E731
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        server.close()
        return answer

    return asyncio.run(until_cut())
