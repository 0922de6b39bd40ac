"""Space on the disk that is kept for the moment when there is no other: deletions need some too, to be written down."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Reserve:
    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.hold()

    def hold(self) -> None:
        """Takes the space where it is not held; where the disk has none, nothing happens."""
        if self._path.exists():
            return
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            except OSError:
                self._path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)

    def release(self) -> bool:
        """Gives the space back to the disk; False where it was not held."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
