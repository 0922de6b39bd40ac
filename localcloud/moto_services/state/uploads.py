"""Large objects on their way to S3: written to a file as they come, so that none of them is in memory.

A file that did not become an object is deleted: when its upload fails, or at the next start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import shutil
import uuid
import zlib
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import StoredBody
from localcloud.platform.state_file import writing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Uploads:
    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._folder = folder

    def begin(self) -> Upload:
        return Upload(self._folder / uuid.uuid4().hex)


class Upload:
    """One object as it comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sha256, self._md5, self._sha1, self._crc32 = hashlib.sha256(), hashlib.md5(), hashlib.sha1(), 0  # noqa: S324  (S3's etag and checksums)
        self.size = 0
        with writing(path):
            self._file = path.open("xb")

    def write(self, content: bytes) -> None:
        """Raises NotWrittenError."""
        with writing(self._path):
            self._file.write(content)
        self.size += len(content)
        self._sha256.update(content)
        self._md5.update(content)
        self._sha1.update(content)
        self._crc32 = zlib.crc32(content, self._crc32)

    def finish(self, headers: Mapping[str, str]) -> StoredBody:
        """Raises AwsError BadDigest where the content is not what the headers say, NotWrittenError."""
        with writing(self._path):
            self._file.close()
        for header, digest in (
            ("content-md5", self._md5.digest()),
            ("x-amz-checksum-sha256", self._sha256.digest()),
            ("x-amz-checksum-sha1", self._sha1.digest()),
            ("x-amz-checksum-crc32", self._crc32.to_bytes(4, "big")),
        ):
            if header in headers and _decoded(headers[header]) != digest:
                raise AwsError("BadDigest", f"The {header} you specified did not match the calculated checksum.")
        declared = headers.get("x-amz-decoded-content-length")
        if declared is not None and declared != str(self.size):
            raise AwsError("IncompleteBody", f"{self.size} of {declared} bytes came")
        return StoredBody(path=self._path, size=self.size, sha256=self._sha256.hexdigest(), md5=self._md5.hexdigest())

    def discard(self) -> None:
        """Deletes what has come, unless it became an object."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
