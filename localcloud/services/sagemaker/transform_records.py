"""How a batch transform cuts an input into records, puts records into requests, and answers into an output."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MEGABYTE = 1024 * 1024
_RECORDIO_MAGIC = 0xCED7230A
_LENGTH_BITS = 29
#: The upper bits of a RecordIO frame that holds a whole record, or the last part of one.
_ENDS = (0, 3)
#: A TFRecord has its length in eight bytes, a checksum of four, the data, and another checksum.
_TF_HEAD, _TF_TAIL = 12, 4


def split(content: bytes, kind: str) -> list[bytes]:
    """The records of an input; raises EngineError where it is not what the SplitType says.

    Lines come without their ends, records of RecordIO and TFRecord with their frames.
    """
    if kind == "Line":
        return [line.removesuffix(b"\r") for line in content.removesuffix(b"\n").split(b"\n")] if content else []
    if kind == "RecordIO":
        return list(_recordio(content))
    if kind == "TFRecord":
        return list(_tfrecords(content))
    return [content]


def _recordio(content: bytes) -> Iterator[bytes]:
    at = begin = 0
    while at < len(content):
        if len(content) - at < 8:
            raise EngineError(f"ClientError: the RecordIO input is cut off at byte {at}")
        magic, word = struct.unpack_from("<II", content, at)
        if magic != _RECORDIO_MAGIC:
            raise EngineError(f"ClientError: the input is not RecordIO: byte {at} begins no frame")
        length = word & ((1 << _LENGTH_BITS) - 1)
        at += 8 + -(-length // 4) * 4
        if at > len(content):
            raise EngineError(f"ClientError: the RecordIO input is cut off at byte {len(content)}")
        if word >> _LENGTH_BITS in _ENDS:
            yield content[begin:at]
            begin = at


def _tfrecords(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        if len(content) - at < _TF_HEAD:
            raise EngineError(f"ClientError: the TFRecord input is cut off at byte {at}")
        (length,) = struct.unpack_from("<Q", content, at)
        end = at + _TF_HEAD + length + _TF_TAIL
        if end > len(content):
            raise EngineError(f"ClientError: the TFRecord input is cut off at byte {len(content)}")
        yield content[at:end]
        at = end


def batches(records: Iterable[bytes], *, several: bool, most_megabytes: int, end: bytes) -> Iterator[list[bytes]]:
    """The records of each request. ``several``: as many as its payload may hold, otherwise one. ``end``: of each.

    Raises EngineError for a record that is larger than a payload. 0 megabytes: payloads have no limit.
    """
    most = most_megabytes * _MEGABYTE
    batch: list[bytes] = []
    size = 0
    for record in records:
        length = len(record) + len(end)
        if most and len(record) > most:
            raise EngineError(
                f"ClientError: a record of {len(record)} bytes is larger than MaxPayloadInMB ({most_megabytes} MB)"
            )
        if batch and (not several or (most and size + length > most)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def assembled(parts: Iterable[bytes], *, lines: bool) -> bytes:
    """The output of a file. ``lines``: each part ends with one line feed."""
    return b"".join(part.removesuffix(b"\n") + b"\n" if lines else part for part in parts)
