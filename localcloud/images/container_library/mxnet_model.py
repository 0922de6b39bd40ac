"""The artifact of SageMaker's built-in algorithms on MXNet, byte for byte: the file ``model_algo-1``.

It is a zip, stored and not compressed, of ``meta.json`` (the settings of the training), ``symbol.json`` (the network)
and ``params``: MXNet's own file of named arrays, little-endian, dense or row-sparse (only the rows that are not zero).
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NAME = "model_algo-1"
_META, _SYMBOL, _PARAMS = "meta.json", "symbol.json", "params"
_FILES = (_META, _SYMBOL, _PARAMS)
_LIST, _ARRAY = 0x112, 0xF993FAC9
_DENSE, _ROW_SPARSE = 0, 1
#: Device type and number: the CPU.
_CPU = struct.pack("<ii", 1, 0)
#: MXNet's numbers for the kinds of numbers.
_KINDS: dict[int, np.dtype[Any]] = {
    0: np.dtype("<f4"),
    1: np.dtype("<f8"),
    3: np.dtype("u1"),
    4: np.dtype("<i4"),
    5: np.dtype("i1"),
    6: np.dtype("<i8"),
}
_INDEX_KIND = 6


class ModelError(ValueError):
    """The file is no such artifact. The text says which part, and why."""


@dataclass(frozen=True, slots=True)
class Array:
    """``values``: the whole array, or with ``rows`` those rows of the array of this ``shape`` that are not zero."""

    values: NDArray[Any]
    rows: NDArray[np.int64] | None = None
    shape: tuple[int, ...] = ()

    @classmethod
    def row_sparse(cls, whole: NDArray[Any]) -> Array:
        """A whole array, of which the rows that are zero are left out."""
        rows = np.flatnonzero(whole.any(axis=tuple(range(1, whole.ndim))))
        return cls(np.ascontiguousarray(whole[rows]), rows, whole.shape)

    def dense(self) -> NDArray[Any]:
        """The whole array."""
        if self.rows is None:
            return self.values
        whole = np.zeros(self.shape, self.values.dtype)
        whole[self.rows] = self.values
        return whole


@dataclass(frozen=True, slots=True)
class Model:
    meta: Mapping[str, Any]
    symbol: Mapping[str, Any]
    #: By MXNet's names, such as ``arg:v``.
    arrays: Mapping[str, Array]


def read(content: bytes) -> Model:
    """Raises ModelError for anything but such a zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = sorted(archive.namelist())
            if names != sorted(_FILES):
                raise ModelError(f"the zip holds {', '.join(names)}; it has to hold {', '.join(_FILES)}")
            files = {name: archive.read(name) for name in _FILES}
        meta, symbol = json.loads(files[_META]), json.loads(files[_SYMBOL])
    except (zipfile.BadZipFile, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"it is no zip of {', '.join(_FILES)}: {error}") from error
    return Model(meta, symbol, read_params(files[_PARAMS]))


def write(model: Model) -> bytes:
    """The same model makes the same bytes: a file in the zip has no time."""
    files = (
        (_META, json.dumps(model.meta).encode()),
        (_SYMBOL, json.dumps(model.symbol, indent=2).encode()),
        (_PARAMS, write_params(model.arrays)),
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def take(self, count: int) -> bytes:
        found = self._content[self._place : self._place + count]
        if len(found) != count:
            raise ModelError(f"{_PARAMS} is cut off: {count} bytes are missing at byte {self._place}")
        self._place += count
        return found

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))

    def shape(self) -> tuple[int, ...]:
        (count,) = self.numbers("I")
        return self.numbers(f"{count}q")

    def kind(self) -> np.dtype[Any]:
        (number,) = self.numbers("i")
        if number not in _KINDS:
            raise ModelError(f"{_PARAMS} has an array of kind {number}; known are {', '.join(map(str, _KINDS))}")
        return _KINDS[number]

    def values(self, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self.take(count * kind.itemsize), kind).reshape(shape)

    def end(self) -> None:
        if self._place != len(self._content):
            raise ModelError(f"{_PARAMS} goes on after byte {self._place}, where it should end")


def read_params(content: bytes) -> dict[str, Array]:
    """MXNet's file of named arrays; raises ModelError."""
    reader = _Reader(content)
    magic, reserved, count = reader.numbers("QQQ")
    if (magic, reserved) != (_LIST, 0):
        raise ModelError(f"{_PARAMS} begins with 0x{magic:x} and not with MXNet's 0x{_LIST:x}")
    arrays = [_read_array(reader) for _ in range(count)]
    (named,) = reader.numbers("Q")
    names = [reader.take(reader.numbers("Q")[0]).decode() for _ in range(named)]
    reader.end()
    if len(names) != len(arrays):
        raise ModelError(f"{_PARAMS} has {len(arrays)} arrays and {len(names)} names")
    return dict(zip(names, arrays, strict=True))


def _read_array(reader: _Reader) -> Array:
    magic, storage = reader.numbers("Ii")
    if magic != _ARRAY or storage not in {_DENSE, _ROW_SPARSE}:
        raise ModelError(
            f"{_PARAMS} has an array 0x{magic:x} of storage {storage}; known are dense and row-sparse ones"
        )
    stored = reader.shape() if storage == _ROW_SPARSE else ()
    shape = reader.shape()
    reader.take(len(_CPU))
    kind = reader.kind()
    if storage == _DENSE:
        return Array(reader.values(kind, shape), None, shape)
    index_kind, index_shape = reader.kind(), reader.shape()
    values = reader.values(kind, stored)
    return Array(values, reader.values(index_kind, index_shape), shape)


def write_params(arrays: Mapping[str, Array]) -> bytes:
    parts = [struct.pack("<QQQ", _LIST, 0, len(arrays)), *(_array(array) for array in arrays.values())]
    parts.append(struct.pack("<Q", len(arrays)))
    parts += [struct.pack("<Q", len(name.encode())) + name.encode() for name in arrays]
    return b"".join(parts)


def _array(array: Array) -> bytes:
    kind = next((number for number, kind in _KINDS.items() if kind == array.values.dtype), None)
    if kind is None:
        raise ModelError(f"{_PARAMS} has no place for an array of {array.values.dtype}")
    values = np.ascontiguousarray(array.values).tobytes()
    if array.rows is None:
        head = struct.pack("<Ii", _ARRAY, _DENSE) + _shape(array.values.shape)
        return head + _CPU + struct.pack("<i", kind) + values
    rows = np.ascontiguousarray(array.rows, _KINDS[_INDEX_KIND])
    head = struct.pack("<Ii", _ARRAY, _ROW_SPARSE) + _shape(array.values.shape) + _shape(array.shape)
    indices = struct.pack("<ii", kind, _INDEX_KIND) + _shape(rows.shape)
    return head + _CPU + indices + values + rows.tobytes()


def _shape(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)
