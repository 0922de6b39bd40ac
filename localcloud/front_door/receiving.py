"""Takes a request's body from the network: no more than is allowed, no slower than is bearable, and only whole.

A small body is read before anybody looks at the request. A large one is read when it is known who sends it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.wire.aws_chunked import incomplete

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from localcloud.platform.service import HttpRequest

    Receive = Callable[[], Awaitable[dict[str, Any]]]

#: Up to here a body is read first: that costs less than to look at the request twice.
SMALL_BYTES = 256 * 1024
#: As S3, whose RequestTimeout follows after about this time without a byte.
IDLE_SECONDS = 20.0
#: A body that is kept in memory has to be here by then.
IN_MEMORY_SECONDS = 120.0

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
#: AWS's largest object of one PutObject, and part of an upload.
LARGEST_OBJECT_BYTES = 5 * _GIB
#: With what the encoding ``aws-chunked`` adds: a line for each of its chunks, of which no client makes smaller ones.
LARGEST_OBJECT_BYTES_ON_THE_WIRE = LARGEST_OBJECT_BYTES + LARGEST_OBJECT_BYTES // 50
_DEFAULT_BYTES = 4 * _MIB
#: Signing name → the largest request that AWS takes, where it is larger: Lambda's with a package in it, ECR's with a
#: part of a layer, Logs' with a batch of events.
_LARGEST_BYTES = {"lambda": 70_167_211, "ecr": 32 * _MIB, "logs": 8 * _MIB}


class HungUpError(Exception):
    """The client ended the connection before the body was whole. Nobody waits for an answer."""


def largest_of(service: str) -> int:
    """The largest body of a request to a service, in bytes; for S3 of one that is no object."""
    return _LARGEST_BYTES.get(service, _DEFAULT_BYTES)


def too_large(service: str, limit: int) -> AwsError:
    if service == "s3":
        return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
    return AwsError("RequestEntityTooLarge", f"The request is larger than {limit} bytes.", status=413)


class Body:
    """The body of one request, which is read once."""

    def __init__(self, head: HttpRequest, receive: Receive) -> None:
        self._receive = receive
        length = head.headers.get("content-length")
        chunked = "transfer-encoding" in head.headers
        #: None where the client does not say it beforehand.
        self.declared = int(length) if length is not None else None if chunked else 0
        self._come, self._more = 0, True

    @property
    def is_small(self) -> bool:
        return self.declared is not None and self.declared <= SMALL_BYTES

    async def read(self, limit: int, error: AwsError) -> bytes:
        """The whole body. Raises ``error`` where it is larger, HungUpError, and AwsError where it is too slow."""
        if self.is_small:
            return await self._in_pieces(limit, error)
        try:
            async with asyncio.timeout(IN_MEMORY_SECONDS):
                return await self._in_pieces(limit, error)
        except TimeoutError as late:
            raise _too_slow() from late

    async def _in_pieces(self, limit: int, error: AwsError) -> bytes:
        found = bytearray()
        while (piece := await self.piece(limit, error)) is not None:
            found += piece
        return bytes(found)

    async def piece(self, limit: int, error: AwsError) -> bytes | None:
        """The next bytes of the body, None at its end. Raises as :meth:`read`."""
        if self.declared is not None and self.declared > limit:
            raise error
        if not self._more:
            return None
        message = await self._next()
        if message["type"] == "http.disconnect":
            raise HungUpError
        piece: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self._come += len(piece)
        if self._come > limit:
            raise error
        if not self._more and self.declared is not None and self._come != self.declared:
            raise incomplete(f"{self._come} of {self.declared} bytes came")
        return piece

    async def discard(self, most_bytes: int) -> None:
        """Takes what is left, up to this size in all: a client that sends everything first then reads its refusal."""
        async with asyncio.timeout(IN_MEMORY_SECONDS):
            while self._more and self._come <= most_bytes:
                message = await self._next()
                if message["type"] == "http.disconnect":
                    raise HungUpError
                self._more = message.get("more_body", False)
                self._come += len(message.get("body", b""))

    async def _next(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await self._receive()
        except TimeoutError as late:
            raise _too_slow() from late


def _too_slow() -> AwsError:
    return AwsError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout period. Idle "
        "connections will be closed.",
    )
