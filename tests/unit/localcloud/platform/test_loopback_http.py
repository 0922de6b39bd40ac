"""Kept-alive connections to containers."""

import asyncio

import pytest

from localcloud.platform.loopback_http import ConnectionLostError, Connections
from localcloud.services.sagemaker.container import free_port


async def _server(answers, connections):
    """Answers each request with the next of ``answers``; None closes the connection instead."""

    async def serve(reader, writer):
        connections.append(writer)
        while await reader.read(65536):
            answer = next(answers)
            if answer is None:
                break
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(answer), answer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def test_a_connection_is_used_again():
    """Two requests go over one connection, and each gets its own answer."""

    async def run():
        made = []
        server, port = await _server(iter([b"one", b"two"]), made)
        client = Connections()
        bodies = [(await client.post(port, "/invocations", {}, b"x")).body for _ in range(2)]
        server.close()
        return bodies, len(made)

    assert asyncio.run(run()) == ([b"one", b"two"], 1)


def test_a_request_on_a_connection_that_was_closed_meanwhile_is_sent_again():
    """The caller does not notice that a container has closed an idle connection."""

    async def run():
        made = []
        server, port = await _server(iter([b"one", None, b"two"]), made)
        client = Connections()
        bodies = [(await client.post(port, "/invocations", {}, b"x")).body for _ in range(2)]
        server.close()
        return bodies, len(made)

    assert asyncio.run(run()) == ([b"one", b"two"], 2)


def test_a_container_that_is_not_there_is_lost():
    """A request without a listener raises ConnectionLostError."""
    with pytest.raises(ConnectionLostError):
        asyncio.run(Connections().post(free_port(), "/invocations", {}, b""))


def test_a_container_that_hangs_up_on_a_new_connection_is_lost():
    """A connection that ends without an answer is not tried for ever."""

    async def run():
        server, port = await _server(iter([None]), [])
        try:
            await Connections().post(port, "/invocations", {}, b"x")
        finally:
            server.close()

    with pytest.raises(ConnectionLostError):
        asyncio.run(run())
