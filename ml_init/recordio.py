"""RecordIO-protobuf, in which SageMaker's built-in algorithms take training rows: written, and read back.

Standard library only: a Spark job and the gate take this module along. A file is a sequence of records: a magic number,
the length of the message, the message, and zeros up to a multiple of four bytes. The message is protobuf of the schema
``aialgs.data.Record``; its numbers are float32. Only what ``encode`` writes is read back; anything else is refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTENT_TYPE = "application/x-recordio-protobuf"
SUFFIX = ".pbr"

_MAGIC = 0xCED7230A
_HEADER = struct.Struct("<II")
_LONGEST = 1 << 29
#: Tags: a field's number and its wire type, "length-delimited". ``Record`` has features (1) and label (2), maps of
#: entries with a name (1) and a value (2); a value's float32 tensor (2) has values (1), keys (2) and a shape (3).
_FIRST, _SECOND, _THIRD = b"\x0a", b"\x12", b"\x1a"
_NAME = _FIRST + b"\x06values"
_MORE = 0x80


class RecordIoError(ValueError):
    """The content is not what ``encode`` writes. The text says where and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of ``width`` features; of a sparse one, the features at ``keys`` alone, and the others are zero."""

    values: tuple[float, ...]
    #: None if the row is dense.
    keys: tuple[int, ...] | None = None
    #: The number of features; a dense row says it by its values.
    width: int | None = None
    label: float | None = None


def encode(rows: Iterable[Row]) -> bytes:
    """One file, byte for byte as the SageMaker SDK's own writer makes it of the same rows."""
    parts = []
    for row in rows:
        message = b"" if row.label is None else _label(row.label)
        message = _field(_FIRST, _entry(row.values, row.keys, row.width)) + message
        if len(message) >= _LONGEST:
            raise RecordIoError(
                f"A row of {len(message)} bytes is too long for RecordIO, which has room for {_LONGEST}"
            )
        parts += [_HEADER.pack(_MAGIC, len(message)), message, bytes(-len(message) % 4)]
    return b"".join(parts)


def decode(content: bytes, name: str = "the file") -> Iterator[Row]:
    """The rows of a file; raises RecordIoError with ``name`` and the place of what is cut off or foreign."""
    place = 0
    while place < len(content):
        if len(content) - place < _HEADER.size:
            raise RecordIoError(f"{name} is cut off at byte {len(content)}, in the header of a record")
        magic, length = _HEADER.unpack_from(content, place)
        body = place + _HEADER.size
        if magic != _MAGIC or length >= _LONGEST:
            raise RecordIoError(
                f"{name} has no record of RecordIO at byte {place}: there is 0x{magic:08x} 0x{length:08x}"
            )
        if body + length > len(content):
            raise RecordIoError(f"{name} is cut off: the record at byte {place} has {length} bytes")
        try:
            yield _row(content[body : body + length])
        except (IndexError, struct.error, ValueError) as error:
            raise RecordIoError(f"{name}: the record at byte {place} holds no row of float32: {error}") from error
        place = body + length + (-length % 4)


# --- written ----------------------------------------------------------------------------------------------------------


def _entry(values: tuple[float, ...], keys: tuple[int, ...] | None, width: int | None) -> bytes:
    tensor = _field(_FIRST, struct.pack(f"<{len(values)}f", *values)) if values else b""
    if keys is not None:
        if len(keys) != len(values):
            raise RecordIoError(f"A row has {len(values)} values and {len(keys)} keys")
        tensor += _field(_SECOND, b"".join(map(_varint, keys))) if keys else b""
    if width is not None:
        tensor += _field(_THIRD, _varint(width))
    return _NAME + _field(_SECOND, _field(_SECOND, tensor))


@lru_cache(maxsize=1024)
def _label(label: float) -> bytes:
    return _field(_SECOND, _entry((label,), None, None))


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


@lru_cache(maxsize=1 << 16)
def _varint(number: int) -> bytes:
    if number < 0:
        raise RecordIoError(f"{number} is no place and no length")
    written = bytearray()
    while number >= _MORE:
        written.append(number & (_MORE - 1) | _MORE)
        number >>= 7
    written.append(number)
    return bytes(written)


# --- read -------------------------------------------------------------------------------------------------------------


def _row(message: bytes) -> Row:
    fields = dict(_fields(message, (_FIRST[0], _SECOND[0])))
    if _FIRST[0] not in fields:
        raise ValueError("it has no features")
    values, keys, width = _tensor(fields[_FIRST[0]])
    label: float | None = None
    if _SECOND[0] in fields:
        (label,), _, _ = _tensor(fields[_SECOND[0]])
    return Row(values, keys, width, label)


def _tensor(entry: bytes) -> tuple[tuple[float, ...], tuple[int, ...] | None, int | None]:
    """Values, keys and width of a map's entry. A tensor that has a shape, and no keys, has no values either."""
    if not entry.startswith(_NAME):
        raise ValueError("its tensor is not named values")
    ((_, value),) = _fields(entry[len(_NAME) :], (_SECOND[0],))
    ((_, tensor),) = _fields(value, (_SECOND[0],))
    parts = dict(_fields(tensor, (_FIRST[0], _SECOND[0], _THIRD[0])))
    packed = parts.get(_FIRST[0], b"")
    values = struct.unpack(f"<{len(packed) // 4}f", packed)
    keys = tuple(_varints(parts[_SECOND[0]])) if _SECOND[0] in parts else None
    shape = tuple(_varints(parts[_THIRD[0]])) if _THIRD[0] in parts else ()
    if len(shape) > 1 or (keys is not None and len(keys) != len(values)):
        raise ValueError(f"it has {len(values)} values, {len(keys or ())} keys and the shape {shape}")
    if keys is None and shape and not values:
        keys = ()
    return values, keys, shape[0] if shape else None


def _fields(message: bytes, known: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each field; ValueError for a tag that is not known."""
    place = 0
    while place < len(message):
        tag = message[place]
        if tag not in known:
            raise ValueError(f"unknown field 0x{tag:02x}")
        length, place = _number(message, place + 1)
        if place + length > len(message):
            raise ValueError(f"field 0x{tag:02x} is cut off")
        yield tag, message[place : place + length]
        place += length


def _number(message: bytes, place: int) -> tuple[int, int]:
    number, shift = 0, 0
    while (byte := message[place]) >= _MORE:
        number |= (byte & (_MORE - 1)) << shift
        shift, place = shift + 7, place + 1
        if shift > 63:  # a varint has at most ten bytes
            raise ValueError("a number of more than ten bytes")
    return number | byte << shift, place + 1


def _varints(packed: bytes) -> Iterator[int]:
    place = 0
    while place < len(packed):
        number, place = _number(packed, place)
        yield number
