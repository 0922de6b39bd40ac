"""Large objects in moto: it passes them around by name, and their bytes stay in their file."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Smaller objects are passed around as bytes.
LARGE_BYTES = 4 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024


class Files(Protocol):
    """Where large objects' bytes are: the bodies."""

    def read(self, name: str, start: int = 0, count: int = -1) -> bytes: ...

    def join(self, contents: Sequence[bytes]) -> bytes: ...


class StoredContent(bytes):
    """A large object's bytes as moto passes them around: length and slices are those of its file.

    Its own bytes are none: what reads them otherwise than by length, slice or :meth:`blocks` would see an empty object.
    """

    bodies: Files
    name: str
    size: int
    md5: str

    def __new__(cls, bodies: Files, name: str, size: int, md5: str = "") -> Self:
        found = super().__new__(cls)
        found.bodies, found.name, found.size, found.md5 = bodies, name, size, md5
        return found

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return self.size > 0

    def __copy__(self) -> StoredContent:
        return self

    def __deepcopy__(self, _: Any) -> StoredContent:
        return self

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return self[key : key + 1][0] if key >= 0 else self[len(self) + key]
        start, stop, step = key.indices(self.size)
        return self.bodies.read(self.name, start, max(stop - start, 0))[::step]

    def blocks(self) -> Iterator[bytes]:
        for start in range(0, self.size, _BLOCK_BYTES):
            yield self.bodies.read(self.name, start, min(_BLOCK_BYTES, self.size - start))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return bytes(self[:]).decode(encoding, errors)


class Whole:
    """A file for WSGI whose content moto reads as one."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, _: int = -1) -> bytes:
        content, self._content = self._content, b""
        return content


def use_in_moto(bodies: Files) -> None:
    """Lets moto's objects, multipart uploads and checksums take a StoredContent for bytes."""
    from moto.s3 import exceptions, models, responses

    compute = vars(models)["compute_checksum"]

    def compute_checksum(body: bytes, algorithm: str, encode_base64: bool = True) -> bytes:
        if not isinstance(body, StoredContent):
            found: bytes = compute(body, algorithm, encode_base64)
            return found
        digest = _digest(body.blocks(), algorithm)
        return base64.b64encode(digest) if encode_base64 else digest

    def get_value(key: Any) -> bytes:
        with key.lock:
            key._value_buffer.seek(0)  # noqa: SLF001
            found: bytes = key._value_buffer.read()  # noqa: SLF001
            return found

    def set_value(key: Any, value: bytes | str) -> None:
        content = value.encode() if isinstance(value, str) else value
        key._value_buffer.seek(0)  # noqa: SLF001
        key._value_buffer.truncate()  # noqa: SLF001
        key._value_buffer.write(content)  # noqa: SLF001
        key.contentsize = len(content)
        if isinstance(content, StoredContent) and content.md5 and key._etag is None:  # noqa: SLF001
            key._etag = content.md5  # noqa: SLF001

    def complete(multipart: Any, wanted: Iterable[tuple[int, str]]) -> tuple[bytes, str, tuple[str, str, int]]:
        parts = [_checked_part(multipart, number, etag) for number, etag in wanted]
        if not parts:
            raise exceptions.MalformedXML
        if any(part.contentsize < vars(models)["S3_UPLOAD_PART_MIN_SIZE"] for part in parts[:-1]):
            raise exceptions.EntityTooSmall
        contents = [part.value for part in parts]
        etag = hashlib.md5(b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)).hexdigest()  # noqa: S324
        return bodies.join(contents), f"{etag}-{len(parts)}", _checksum(multipart.metadata, contents)

    vars(models)["compute_checksum"] = vars(responses)["compute_checksum"] = compute_checksum
    models.FakeKey.value = property(get_value, set_value)  # type: ignore[assignment]
    models.FakeMultipart.complete = complete  # type: ignore[assignment,method-assign]


def _checked_part(multipart: Any, number: int, etag: str) -> Any:
    from moto.s3 import exceptions

    part = multipart.parts.get(number)
    if part is None or part.etag.strip('"') != etag.replace('"', ""):
        raise exceptions.InvalidPart
    return part


def _checksum(metadata: Mapping[str, str], parts: list[bytes]) -> tuple[str, str, int]:
    """Type, checksum and number of its parts of a whole upload, as moto has them."""
    algorithm = metadata.get("x-amz-checksum-algorithm") or "CRC64NVME"
    kind = metadata.get("x-amz-checksum-type") or ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE")
    if kind == "COMPOSITE":
        digests = [_digest(blocks_of(part), algorithm) for part in parts]
        return kind, base64.b64encode(_digest(digests, algorithm)).decode(), len(parts)
    whole = _digest((block for part in parts for block in blocks_of(part)), algorithm)
    return kind, base64.b64encode(whole).decode(), 1


def blocks_of(content: bytes) -> Iterable[bytes]:
    return content.blocks() if isinstance(content, StoredContent) else (content,)


def _digest(blocks: Iterable[bytes], algorithm: str) -> bytes:
    """The checksum. Without the library that has CRC32C and CRC64NVME it is CRC32's, as in moto."""
    if algorithm in ("SHA1", "SHA256"):
        found = hashlib.new(algorithm.lower(), usedforsecurity=False)
        for block in blocks:
            found.update(block)
        return found.digest()
    number = 0
    for block in blocks:
        number = zlib.crc32(block, number)
    return number.to_bytes(4, "big")
