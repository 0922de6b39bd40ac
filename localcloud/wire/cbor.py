"""CBOR (RFC 8949), as Smithy's RPC v2 protocol has it: values of AWS's models, to and from bytes.

Newer SDKs speak nothing else to CloudWatch, CodeBuild and CodePipeline.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

from localcloud.platform.errors import AwsError

#: Deeper, AWS's models have nothing but recursion.
_DEEPEST = 64
_EPOCH = 1
_BREAK = object()
_SIMPLE: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_INDEFINITE = 31


def decoded(body: bytes) -> Any:
    """The value; an empty body is an empty structure. Raises AwsError SerializationException for what is none."""
    if not body:
        return {}
    try:
        reader = _Reader(body)
        value = reader.value(0)
    except (IndexError, ValueError, struct.error, OverflowError, TypeError) as error:
        raise AwsError("SerializationException", f"The request body is not CBOR: {error}") from error
    if value is _BREAK or reader.place != len(body):
        raise AwsError("SerializationException", "The request body is not one value of CBOR")
    return value


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self.place = 0

    def _take(self, count: int) -> bytes:
        if count > len(self._body) - self.place:
            raise ValueError("it ends too early")
        self.place += count
        return self._body[self.place - count : self.place]

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        (first,) = self._take(1)
        major, minor = first >> 5, first & 31
        if major == 7:
            return self._simple(minor)
        size = None if minor == _INDEFINITE else self._size(minor)
        if size is None and major not in (2, 3, 4, 5):
            raise ValueError("a length is missing")
        if major in (0, 1):
            return size if major == 0 else -1 - (size or 0)
        if major == 6:
            return self._tagged(size or 0, depth)
        if major in (2, 3):
            raw = self._take(size) if size is not None else b"".join(self._chunks(major))
            return raw if major == 2 else raw.decode()
        items = self._items(size if size is None or major == 4 else 2 * size, depth)
        if major == 4:
            return items
        if len(items) % 2 or not all(isinstance(name, str) for name in items[::2]):
            raise ValueError("a map has other keys than texts")
        return dict(zip(items[::2], items[1::2], strict=True))

    def _size(self, minor: int) -> int:
        if minor < 24:
            return minor
        if minor > 27:
            raise ValueError("a length is none")
        return int.from_bytes(self._take(1 << (minor - 24)), "big")

    def _simple(self, minor: int) -> Any:
        if minor in _FLOATS:
            return struct.unpack(_FLOATS[minor], self._take(1 << (minor - 24)))[0]
        if minor == _INDEFINITE:
            return _BREAK
        if minor not in _SIMPLE:
            raise ValueError(f"it has the simple value {minor}")
        return _SIMPLE[minor]

    def _tagged(self, tag: int, depth: int) -> Any:
        value = self.value(depth + 1)
        if tag != _EPOCH or isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"it has the tag {tag}")
        return datetime.fromtimestamp(value, UTC)

    def _items(self, size: int | None, depth: int) -> list[Any]:
        if size is not None and size > len(self._body):
            raise ValueError("it ends too early")
        found: list[Any] = []
        while size is None or len(found) < size:
            item = self.value(depth + 1)
            if item is _BREAK:
                if size is not None:
                    raise ValueError("it ends too early")
                break
            found.append(item)
        return found

    def _chunks(self, major: int) -> list[bytes]:
        found = []
        while (first := self._take(1)[0]) != 0xFF:
            if first >> 5 != major:
                raise ValueError("a text has chunks of another type")
            found.append(self._take(self._size(first & 31)))
        return found


def encoded(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return bytes([0xF6 if value is None else 0xF5 if value else 0xF4])
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, datetime):
        stamp = value if value.tzinfo else value.replace(tzinfo=UTC)
        return _head(6, _EPOCH) + encoded(stamp.timestamp())
    if isinstance(value, (bytes, str)):
        raw = value if isinstance(value, bytes) else value.encode()
        return _head(2 if isinstance(value, bytes) else 3, len(raw)) + raw
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(encoded(part) for pair in value.items() for part in pair)
    return _head(4, len(value)) + b"".join(map(encoded, value))


def _head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    width = next(width for width in (0, 1, 2, 3) if size < 1 << (8 << width))
    return bytes([major << 5 | 24 + width]) + size.to_bytes(1 << width, "big")
