"""The artifact ``model_algo-1``, byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from mxnet_model import Array, Model, ModelError, read, read_params, write, write_params

#: A dense array (2,) named "arg:b" and a row-sparse one (3, 2) with its row 1 alone, named "arg:v", by hand.
DENSE = bytes.fromhex("c9fa93f9 00000000 01000000 0200000000000000 01000000 00000000 00000000") + struct.pack(
    "<2f", 1, 2
)
SPARSE = (
    bytes.fromhex("c9fa93f9 01000000 02000000 0100000000000000 0200000000000000")  # storage and its shape
    + bytes.fromhex("02000000 0300000000000000 0200000000000000 01000000 00000000 00000000")
    + bytes.fromhex("06000000 01000000 0100000000000000")  # the indices: int64, one
    + struct.pack("<2f", 3, 4)
    + struct.pack("<q", 1)
)
NAMES = b"".join(struct.pack("<Q", 5) + name for name in (b"arg:b", b"arg:v"))
PARAMS = struct.pack("<QQQ", 0x112, 0, 2) + DENSE + SPARSE + struct.pack("<Q", 2) + NAMES


def test_the_parameters_are_mxnets_bytes() -> None:
    """The example made by hand is read, and written again byte for byte."""
    arrays = read_params(PARAMS)
    assert arrays["arg:b"].dense().tolist() == [1, 2]
    assert arrays["arg:v"].dense().tolist() == [[0, 0], [3, 4], [0, 0]]
    assert write_params(arrays) == PARAMS


def test_rows_that_are_zero_are_left_out() -> None:
    """A row-sparse array keeps the rows that are not zero, and its whole shape."""
    whole = np.array([[0, 0], [3, 4], [0, 0]], "<f4")
    assert write_params({"arg:b": Array(np.array([1, 2], "<f4")), "arg:v": Array.row_sparse(whole)}) == PARAMS


def test_an_artifact_is_written_as_it_was_read() -> None:
    """Settings, network and arrays come back, and the same model is the same bytes."""
    model = Model({"epoch_number": 3, "training_parameters": {"k": "2"}}, {"nodes": []}, read_params(PARAMS))
    content = write(model)
    again = read(content)
    assert again.meta == model.meta
    assert again.symbol == model.symbol
    assert write(again) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [entry.filename for entry in archive.infolist()] == ["meta.json", "symbol.json", "params"]
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"xgboost", "it is no zip of meta.json, symbol.json, params"),
        (PARAMS, "it is no zip"),
    ],
)
def test_another_file_is_no_artifact(content: bytes, problem: str) -> None:
    """What is no zip is refused in plain words."""
    with pytest.raises(ModelError, match=problem):
        read(content)


def test_a_zip_of_other_files_is_no_artifact() -> None:
    """The error names what the zip holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.json", "{}")
    with pytest.raises(ModelError, match=r"the zip holds model.json; it has to hold meta.json"):
        read(buffer.getvalue())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (PARAMS[:-1], "params is cut off"),
        (PARAMS[:60], "params is cut off"),
        (PARAMS + b"x", "params goes on after byte"),
        (b"\0" * 40, "params begins with 0x0"),
        (PARAMS.replace(bytes.fromhex("c9fa93f9 00000000"), bytes.fromhex("c9fa93f9 02000000")), "of storage 2"),
        (PARAMS.replace(bytes.fromhex("06000000"), bytes.fromhex("09000000")), "an array of kind 9"),
        (PARAMS[:-21] + PARAMS[-13:], "params"),
    ],
)
def test_broken_parameters_are_refused(content: bytes, problem: str) -> None:
    """What is cut off, goes on or is of an unknown kind is named."""
    with pytest.raises(ModelError, match=problem):
        read_params(content)
