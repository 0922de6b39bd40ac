"""Bodies that are large without being anywhere."""

from __future__ import annotations

import io


class Zeros(io.RawIOBase):
    """A file of so many zeros, without them."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def __len__(self) -> int:
        return self._size

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        left = self._size - self._at
        taken = left if count < 0 else min(left, count)
        self._at += taken
        return bytes(taken)
