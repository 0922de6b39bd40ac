"""The bytes of S3 objects and large requests, in files that are named by their hash and never change."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import TYPE_CHECKING, BinaryIO

from localcloud.moto_services.state.large_objects import LARGE_BYTES, StoredContent, blocks_of

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

#: Smaller contents stay in memory and journal; a file of their own would cost more.
SMALL_BYTES = 16 * 1024


class Bodies:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        #: Whether a large object may be passed around by its name, or is read.
        self.by_name = False

    def keep(self, content: bytes) -> str:
        """The name under which :meth:`read` finds the content, even after the end of this process.

        Raises OSError where it cannot be written.
        """
        if isinstance(content, StoredContent):
            return content.name
        name = hashlib.sha256(content).hexdigest()
        path = self._folder / name
        if not path.exists():
            unfinished = self._folder / f"{name}.unfinished"
            try:
                with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    file.write(content)
                unfinished.rename(path)
            except OSError:
                unfinished.unlink(missing_ok=True)  # the disk may be full, and half a body is of no use
                raise
        return name

    def adopt(self, path: Path, sha256: str) -> str:
        """As :meth:`keep`, for a content that is in a file already. Raises OSError."""
        path.rename(self._folder / sha256)
        return sha256

    def join(self, contents: Sequence[bytes]) -> bytes:
        """One content of several; a large one in a file. Raises OSError."""
        size = sum(len(content) for content in contents)
        if size < LARGE_BYTES:
            return b"".join(content[:] for content in contents)
        path, found = self._folder / f"{uuid.uuid4().hex}.unfinished", hashlib.sha256()
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for content in contents:
                    for block in blocks_of(content):
                        found.update(block)
                        file.write(block)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return self.content(self.adopt(path, found.hexdigest()))

    def content(self, name: str) -> bytes:
        """The bytes, or what stands for them where they are many."""
        size = self.size(name)
        return self.read(name) if size < LARGE_BYTES else StoredContent(self, name, size)

    def size(self, name: str) -> int:
        return (self._folder / name).stat().st_size

    def open(self, name: str) -> BinaryIO:
        return (self._folder / name).open("rb")

    def read(self, name: str, start: int = 0, count: int = -1) -> bytes:
        with (self._folder / name).open("rb") as file:
            file.seek(start)
            return file.read(count)

    def has(self, name: str) -> bool:
        return (self._folder / name).exists()

    def forget_all_but(self, needed: Container[str]) -> None:
        for path in self._folder.iterdir():
            if path.name not in needed:
                path.unlink()


class ObjectBody:
    """The file in which moto keeps an S3 object's bytes: in memory if they are few, otherwise among the bodies."""

    def __init__(self, bodies: Bodies, content: bytes = b"", name: str = "") -> None:
        self._bodies = bodies
        self._content = content
        self._position = 0
        self._closed = False
        self.name = name
        """The name among the bodies; empty where the bytes are in memory."""

    @property
    def content(self) -> bytes:
        return self._bodies.read(self.name) if self.name else self._content

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, count: int = -1) -> bytes:
        self._check_open()
        if self.name:
            whole = not self._position and count < 0 and self._bodies.by_name
            found = self._bodies.content(self.name) if whole else self._bodies.read(self.name, self._position, count)
        else:
            end = len(self._content) if count < 0 else self._position + count
            found = self._content[self._position : end]
        self._position += len(found)
        return found

    def truncate(self) -> int:
        self._check_open()
        self._set(self.content[: self._position] if self._position else b"")
        return self._position

    def write(self, content: bytes) -> int:
        self._check_open()
        before = self.content[: self._position] if self._position else b""
        self._set(before + content[:] if before else content)
        self._position += len(content)
        return len(content)

    def close(self) -> None:
        self._closed = True
        self._content, self.name = b"", ""

    def _set(self, content: bytes) -> None:
        large = len(content) >= SMALL_BYTES
        self._content, self.name = (b"", self._bodies.keep(content)) if large else (content, "")

    def _check_open(self) -> None:
        """Raises ValueError, as files do."""
        if self._closed:
            raise ValueError("I/O operation on closed file")
