"""The encoding ``aws-chunked``, in which clients stream objects to S3: chunks with a size each, then trailers.

It is taken off as the bytes come, so that no part of an object is in memory twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

#: A chunk's first line has its size and a signature; a trailer has a checksum or a signature.
_LONGEST_LINE = 4096
_MOST_TRAILERS = 16

#: The SHA-256 of a chunk, and the signature that its line has.
CheckChunk = "Callable[[str, str], None]"


def incomplete(why: str) -> AwsError:
    return AwsError("IncompleteBody", f"The request body terminated unexpectedly: {why}")


class Decoder:
    """Takes the encoding off. ``check`` is called with each chunk's SHA-256 and signature, the last one's included."""

    def __init__(self, check: Callable[[str, str], None] | None = None) -> None:
        self._check = check
        self._waiting = bytearray()
        self._left = 0
        self._signature = ""
        self._hash = hashlib.sha256()
        self._state = "size"
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> bytes:
        """The content among these bytes. Raises AwsError where the encoding is broken or a signature is wrong."""
        self._waiting += data
        found = bytearray()
        while self._step(found):
            pass
        return bytes(found)

    def finish(self) -> None:
        """Raises AwsError where the last chunk, or the end of the trailers, is missing."""
        if self._state == "trailers" and not self._waiting:  # some clients leave out the last empty line
            self._state = "end"
        if self._state != "end":
            raise incomplete("the last chunk is missing")

    def _step(self, found: bytearray) -> bool:
        """Takes one part of what waits; False where more must come first."""
        if self._state == "content":
            return self._take_content(found)
        if self._state == "end":
            if self._waiting:
                raise incomplete("there is more after its end")
            return False
        line = self._line()
        if line is None:
            return False
        if self._state == "size":
            self._begin(line)
        elif self._state == "gap":
            if line:
                raise incomplete("a chunk is longer than its size")
            self._state = "size"
        elif line:
            self._trailer(line)
        else:
            self._state = "end"
        return True

    def _begin(self, line: bytes) -> None:
        size, _, extension = line.partition(b";")
        if not size or len(size) > 12 or not set(size) <= set(b"0123456789abcdefABCDEF"):
            raise incomplete("a chunk's size is none")
        self._left = int(size, 16)
        name, _, value = extension.partition(b"=")
        self._signature = value.decode("latin-1") if name.strip() == b"chunk-signature" else ""
        self._hash = hashlib.sha256()
        self._state = "content"

    def _take_content(self, found: bytearray) -> bool:
        taken = bytes(self._waiting[: self._left])
        if self._left and not taken:
            return False
        last = not self._left
        if self._check is not None:
            self._hash.update(taken)
        found += taken
        del self._waiting[: len(taken)]
        self._left -= len(taken)
        if not self._left:
            if self._check is not None:
                self._check(self._hash.hexdigest(), self._signature)
            self._state = "trailers" if last else "gap"
        return True

    def _trailer(self, line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or name in self.trailers or len(self.trailers) == _MOST_TRAILERS:
            raise incomplete("a trailer is broken")
        self.trailers[name] = value.strip()

    def _line(self) -> bytes | None:
        end = self._waiting.find(b"\n")
        if end < 0:
            if len(self._waiting) > _LONGEST_LINE:
                raise incomplete("a chunk's line is too long")
            return None
        line = bytes(self._waiting[:end]).removesuffix(b"\r")
        del self._waiting[: end + 1]
        return line
