"""RecordIO-protobuf: the format in which SageMaker's built-in algorithms take records, and answer them.

A file is a sequence of frames: the magic number, the payload's length in 29 bits below three bits that say which part
of a record the frame holds, the payload, and zeros up to a multiple of four bytes. A payload is a protobuf message of
the schema ``aialgs.data.Record``: two maps from names to tensors, ``features`` and ``label``. The rows that a user
writes have one tensor in each, named ``values``; an algorithm's answers have labels of other names.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

CONTENT_TYPE = "application/x-recordio-protobuf"
#: The name of the tensor in each map of a user's record.
VALUES = "values"

_MAGIC = 0xCED7230A
_MAGIC_BYTES = struct.pack("<I", _MAGIC)
_LENGTH_BITS = 29
_HEADER_BYTES = 8
#: The upper three bits of a frame's second word: a whole record, or the first, a middle or the last part of one.
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
#: Fields of ``Record`` and of a map's entry.
_FEATURES, _LABEL = 1, 2
_ENTRY_NAME, _ENTRY_VALUE = 1, 2
#: Fields of ``Value``: the numbers of the kinds of tensors, and bytes, which no algorithm here takes.
_KINDS: dict[int, np.dtype[Any]] = {2: np.dtype("<f4"), 3: np.dtype("<f8"), 7: np.dtype("<i4")}
_BYTES = 9
#: Fields of a tensor.
_TENSOR_VALUES, _TENSOR_KEYS, _TENSOR_SHAPE = 1, 2, 3
#: Wire types of protobuf.
_VARINT, _FIXED64, _LENGTH_DELIMITED, _FIXED32 = 0, 1, 2, 5


class RecordIoError(ValueError):
    """The content is not RecordIO-protobuf. The text names the file, the place and the fault."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Numbers: all of them in order, or with ``keys`` those that are not zero, and their places in ``shape``."""

    #: float32, float64 or int32.
    values: NDArray[Any]
    #: None if the tensor is dense.
    keys: tuple[int, ...] | None = None
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    features: Mapping[str, Tensor]
    label: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def dense(cls, values: NDArray[Any], label: float | None = None) -> Record:
        """A row in full, as a user writes it."""
        return cls({VALUES: Tensor(np.asarray(values, "<f4"))}, _label(label))

    @classmethod
    def sparse(cls, keys: Iterable[int], values: NDArray[Any], width: int, label: float | None = None) -> Record:
        """A row of ``width`` features, of which only those at ``keys`` are not zero."""
        tensor = Tensor(np.asarray(values, "<f4"), tuple(int(key) for key in keys), (width,))
        return cls({VALUES: tensor}, _label(label))


def _label(label: float | None) -> dict[str, Tensor]:
    return {} if label is None else {VALUES: Tensor(np.array([label], "<f4"))}


def read(content: bytes, name: str = "the payload") -> Iterator[Record]:
    """The records of one file in order; RecordIoError with ``name`` for what is cut off, or of another format."""
    for start, payload in _payloads(content, name):
        try:
            yield _record(payload)
        except (ValueError, IndexError, struct.error) as error:
            raise RecordIoError(f"{name}: the record at byte {start} is no aialgs.data.Record: {error}") from error


def write(records: Iterable[Record]) -> bytes:
    """One file. It is what the SageMaker SDK's own writer makes of the same rows, byte for byte."""
    frames = []
    for record in records:
        payload = _entries(_LABEL, record.label, _entries(_FEATURES, record.features, b""))
        if len(payload) >> _LENGTH_BITS:
            raise RecordIoError(f"A record of {len(payload)} bytes is too long for one frame of RecordIO")
        frames += [_MAGIC_BYTES, struct.pack("<I", len(payload)), payload, b"\0" * (-len(payload) % 4)]
    return b"".join(frames)


def _payloads(content: bytes, name: str) -> Iterator[tuple[int, bytes]]:
    """The place and the payload of each record, put together of its parts."""
    place, start = 0, 0
    parts: list[bytes] = []
    while place < len(content):
        header = content[place : place + _HEADER_BYTES]
        if header[:4] != _MAGIC_BYTES:
            raise RecordIoError(
                f"{name}: no record of RecordIO begins at byte {place}: there is 0x{header[:4].hex()} and not the "
                f"magic number 0x{_MAGIC_BYTES.hex()}"
            )
        if len(header) < _HEADER_BYTES:
            raise RecordIoError(f"{name} is cut off at byte {len(content)}, in the header of a record")
        word = int.from_bytes(header[4:], "little")
        part, length = word >> _LENGTH_BITS, word & ((1 << _LENGTH_BITS) - 1)
        if part > _LAST or (part in {_MIDDLE, _LAST}) != bool(parts):
            raise RecordIoError(f"{name}: the record at byte {place} says it is part {part}, which cannot follow here")
        if part in {_WHOLE, _FIRST}:
            start = place
        body = place + _HEADER_BYTES
        if body + length > len(content):
            raise RecordIoError(
                f"{name} is cut off: the record at byte {place} has {length} bytes, and {len(content) - body} are left"
            )
        parts.append(content[body : body + length])
        if part in {_WHOLE, _LAST}:
            yield start, _MAGIC_BYTES.join(parts)  # a writer splits a payload where it holds the magic number itself
            parts = []
        place = body + length + (-length % 4)
    if parts:
        raise RecordIoError(f"{name} is cut off: the record at byte {start} has no last part")


# --- protobuf, read ---------------------------------------------------------------------------------------------------


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The message's fields: number, wire type, content. A varint's content is its own bytes."""
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == _LENGTH_DELIMITED:
            length, place = _varint(message, place)
        elif wire == _VARINT:
            length = _varint(message, place)[1] - place
        elif wire in {_FIXED32, _FIXED64}:
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} of field {number}")
        if place + length > end:
            raise ValueError(f"field {number} has {length} bytes, and {end - place} are left")
        yield number, wire, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """The number that begins here, and the place after it."""
    byte = message[place]
    if byte < 0x80:  # the bit above says that more follow
        return byte, place + 1
    number, shift = byte & 0x7F, 7
    while shift < 70:  # ten bytes of seven bits are the longest
        place += 1
        byte = message[place]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place + 1
        shift += 7
    raise ValueError("a number of more than ten bytes")


def _varints(packed: bytes) -> list[int]:
    numbers, place = [], 0
    while place < len(packed):
        number, place = _varint(packed, place)
        numbers.append(number)
    return numbers


def _record(payload: bytes) -> Record:
    maps: dict[int, dict[str, Tensor]] = {_FEATURES: {}, _LABEL: {}}
    for number, wire, content in _fields(payload):
        if number in maps:
            if wire != _LENGTH_DELIMITED:
                raise ValueError(f"field {number} is no message")
            name, tensor = _entry(content)
            maps[number][name] = tensor
    return Record(maps[_FEATURES], maps[_LABEL])


def _entry(message: bytes) -> tuple[str, Tensor]:
    name, value = "", b""
    for number, _, content in _fields(message):
        if number == _ENTRY_NAME:
            name = content.decode()
        elif number == _ENTRY_VALUE:
            value = content
    found: Tensor | None = None
    for number, wire, content in _fields(value):
        if number == _BYTES:
            raise ValueError(f"{name!r} holds bytes, and not a tensor of numbers")
        if number in _KINDS and wire == _LENGTH_DELIMITED:
            found = _tensor(content, _KINDS[number])
    if found is None:
        raise ValueError(f"{name!r} has no tensor")
    return name, found


def _tensor(message: bytes, kind: np.dtype[Any]) -> Tensor:
    """Values, keys and shape, packed or one by one. Integers stand there as varints."""
    values, keys, shape = [], b"", b""
    for number, _, content in _fields(message):
        if number == _TENSOR_VALUES:
            values.append(content)
        elif number == _TENSOR_KEYS:
            keys += content
        elif number == _TENSOR_SHAPE:
            shape += content
    packed = b"".join(values)
    if kind.kind == "i":
        numbers = np.array(_varints(packed), np.uint64).astype(np.int64).astype(kind)
    else:
        numbers = np.frombuffer(packed, kind)
    places = tuple(_varints(keys)) if keys else None
    if places is not None and len(places) != len(numbers):
        raise ValueError(f"{len(numbers)} values have {len(places)} keys")
    return Tensor(numbers, places, tuple(_varints(shape)))


# --- protobuf, written ------------------------------------------------------------------------------------------------


def _number(value: int) -> bytes:
    if value < 0:
        value += 1 << 64
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _delimited(number: int, content: bytes) -> bytes:
    return _number(number << 3 | _LENGTH_DELIMITED) + _number(len(content)) + content


def _entries(number: int, tensors: Mapping[str, Tensor], before: bytes) -> bytes:
    entries = [
        _delimited(number, _delimited(_ENTRY_NAME, name.encode()) + _delimited(_ENTRY_VALUE, _value(tensor)))
        for name, tensor in tensors.items()
    ]
    return before + b"".join(entries)


def _value(tensor: Tensor) -> bytes:
    kind = next((number for number, kind in _KINDS.items() if kind == tensor.values.dtype), None)
    if kind is None:
        raise RecordIoError(f"A tensor of {tensor.values.dtype} has no place in RecordIO: float32, float64 or int32")
    packed = tensor.values.tobytes()
    if tensor.values.dtype.kind == "i":
        packed = b"".join(_number(int(value)) for value in tensor.values)
    message = _delimited(_TENSOR_VALUES, packed) if packed else b""
    for field_number, numbers in ((_TENSOR_KEYS, tensor.keys), (_TENSOR_SHAPE, tensor.shape)):
        if numbers:
            message += _delimited(field_number, b"".join(_number(value) for value in numbers))
    return _delimited(kind, message)
