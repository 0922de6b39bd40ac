"""Reads a model's archive without trusting it: sizes are limited, nothing is unpacked onto a disk or executed."""

from __future__ import annotations

import io
import re
import tarfile
import zlib

#: Of an archive's files together, unpacked.
MOST_BYTES = 1 << 28


def files(archive: bytes, pattern: str) -> dict[str, bytes]:
    """The regular files of a ``tar.gz`` whose names match. ValueError for what is no archive, or too large a one."""
    found, total = {}, 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|gz") as tar:
            for member in tar:
                total += member.size
                if total > MOST_BYTES:
                    raise ValueError(f"the archive holds more than {MOST_BYTES} bytes")
                content = tar.extractfile(member) if re.fullmatch(pattern, member.name) and member.isreg() else None
                if content is not None:
                    found[member.name.removeprefix("./")] = content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ValueError(f"it is no tar.gz: {error}") from error
    return found
