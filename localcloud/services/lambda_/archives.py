"""Archives of code, of functions and of layers: a file for each, named by its hash."""

from __future__ import annotations

import base64
import hashlib
import uuid
import zipfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.service import Params


class Archives:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, code_sha256: str) -> Path:
        """``code_sha256``: as the API writes it."""
        return self._folder / f"{hex_of(code_sha256)}.zip"

    def keep(self, content: bytes) -> Params:
        """Writes an archive; returns its hash and size in the API's form."""
        code_sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        path = self.path(code_sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        unfinished.write_bytes(content)
        unfinished.rename(path)
        return {"CodeSha256": code_sha256, "CodeSize": len(content)}

    def unpacked_bytes(self, code_sha256: str) -> int:
        return unpacked_bytes(self.path(code_sha256))

    def delete(self, code_sha256: str) -> None:
        self.path(code_sha256).unlink(missing_ok=True)


def unpacked_bytes(archive: Path | IO[bytes]) -> int:
    with zipfile.ZipFile(archive) as files:
        return sum(file.file_size for file in files.infolist())


def hex_of(code_sha256: str) -> str:
    """A hash in hexadecimal, for file names. ``CodeSha256`` is base64 in the API."""
    return base64.b64decode(code_sha256).hex()
