"""RecordIO-protobuf on both sides: what a container reads, and what the data step writes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import recordio
from recordio import Record, RecordIoError, Tensor

from ml_init import recordio as rows

MAGIC = bytes.fromhex("0a23d7ce")
NAME = bytes.fromhex("0a06") + b"values"
#: 1.0 at 3 and 948 of 2,625 features, label 1.0. Each length and tag by hand, by the published schema.
FEATURES = bytes.fromhex("0a1f") + NAME + bytes.fromhex("1215 1213 0a08 0000803f0000803f 1203 03b407 1a02 c114")
LABEL = bytes.fromhex("1212") + NAME + bytes.fromhex("1208 1206 0a04 0000803f")
SPARSE = MAGIC + struct.pack("<I", 53) + FEATURES + LABEL + bytes(3)
#: 0.5 and -2.0, no label.
DENSE_FEATURES = bytes.fromhex("0a16") + NAME + bytes.fromhex("120c 120a 0a08 0000003f000000c0")
DENSE = MAGIC + struct.pack("<I", 24) + DENSE_FEATURES


def frame(part: int, payload: bytes) -> bytes:
    return MAGIC + struct.pack("<I", part << 29 | len(payload)) + payload + bytes(-len(payload) % 4)


def tensor(number: int, content: bytes) -> bytes:
    """A record whose features are a value of this field of ``Value``."""
    value = bytes([number << 3 | 2, len(content)]) + content
    entry = NAME + bytes([0x12, len(value)]) + value
    return frame(0, bytes([0x0A, len(entry)]) + entry)


def test_both_writers_make_the_examples_byte_for_byte() -> None:
    """A sparse row with a label and a dense row without one are written as the format's schema says."""
    assert recordio.write([Record.sparse([3, 948], np.ones(2), 2625, 1.0)]) == SPARSE
    assert recordio.write([Record.dense(np.array([0.5, -2.0]))]) == DENSE
    assert rows.encode([rows.Row((1.0, 1.0), (3, 948), 2625, 1.0), rows.Row((0.5, -2.0))]) == SPARSE + DENSE


def test_both_readers_read_the_examples() -> None:
    """Keys, values, shape and label come back; a dense tensor has no keys."""
    sparse, dense = recordio.read(SPARSE + DENSE)
    assert (sparse.features["values"].keys, sparse.features["values"].shape) == ((3, 948), (2625,))
    assert sparse.features["values"].values.tolist() == [1.0, 1.0]
    assert sparse.label["values"].values.tolist() == [1.0]
    assert dense.features["values"].keys is None
    assert dense.features["values"].values.tolist() == [0.5, -2.0]
    assert not dense.label
    assert list(rows.decode(SPARSE + DENSE)) == [
        rows.Row((1.0, 1.0), (3, 948), 2625, 1.0),
        rows.Row((0.5, -2.0)),
    ]


def test_what_one_side_writes_the_other_reads() -> None:
    """A thousand random rows, dense and sparse, with and without label, also with no value at all, come back equal."""
    rng = np.random.default_rng(7)
    made = []
    for number in range(1000):
        count = int(rng.integers(0, 40))
        values = tuple(float(value) for value in rng.normal(size=count).astype(np.float32))
        label = None if number % 3 == 0 else float(number % 2)
        if number % 2:
            keys = tuple(sorted(int(key) for key in rng.choice(1 << 20, count, replace=False)))
            made.append(rows.Row(values, keys, 1 << 20, label))
        else:
            made.append(rows.Row((*values, 1.0), None, None, label))
    content = rows.encode(made)
    records = list(recordio.read(content))
    assert recordio.write(records) == content
    assert list(rows.decode(content)) == made
    for row, record in zip(made, records, strict=True):
        found = record.features["values"]
        assert tuple(found.values.tolist()) == row.values
        assert (found.keys or ()) == (row.keys or ())


def test_a_record_in_parts_is_put_together() -> None:
    """A payload that holds the magic number is split there by a writer, and joined by the reader."""
    odd = bytes.fromhex("0a1e") + NAME + bytes.fromhex("1214 1212 0a10") + bytes(8) + MAGIC + bytes(4)
    before, after = odd.split(MAGIC)
    (whole,) = recordio.read(frame(0, odd))
    (joined,) = recordio.read(frame(1, before) + frame(3, after))
    assert joined.features["values"].values.tobytes() == whole.features["values"].values.tobytes()
    assert len(whole.features["values"].values) == 4


def test_other_kinds_of_tensors_are_read_and_written_as_they_are() -> None:
    """float64 and int32 stand in fields of their own; an algorithm that takes float32 alone can see the difference."""
    kinds = {"score": np.array([0.25], "<f8"), "predicted_label": np.array([1, -1], "<i4")}
    (found,) = recordio.read(recordio.write([Record({}, {name: Tensor(values) for name, values in kinds.items()})]))
    for name, values in kinds.items():
        assert found.label[name].values.dtype == values.dtype
        assert found.label[name].values.tolist() == values.tolist()


def test_an_unknown_field_is_passed_over() -> None:
    """A record may have a uid, metadata and a configuration, which no algorithm here asks for."""
    (found,) = recordio.read(frame(0, DENSE_FEATURES + bytes.fromhex("1a03") + b"uid"))
    assert found.features["values"].values.tolist() == [0.5, -2.0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"1,2,3\n4,5,6\n", r"part-0: no record of RecordIO begins at byte 0: there is 0x312c322c and not the magic"),
        (SPARSE[:-20], r"part-0 is cut off: the record at byte 0 has 53 bytes, and 36 are left"),
        (SPARSE + SPARSE[:6], r"part-0 is cut off at byte 70, in the header of a record"),
        (SPARSE + b"x" * 12, r"part-0: no record of RecordIO begins at byte 64"),
        (frame(2, b"x"), r"the record at byte 0 says it is part 2, which cannot follow here"),
        (frame(1, DENSE_FEATURES), r"part-0 is cut off: the record at byte 0 has no last part"),
        (frame(0, b"\x0a\x7f"), r"part-0: the record at byte 0 is no aialgs.data.Record: field 1 has 127 bytes"),
        (frame(0, b"\x0b"), r"is no aialgs.data.Record: wire type 3 of field 1"),
        (frame(0, b"\xff" * 11), r"is no aialgs.data.Record: a number of more than ten bytes"),
        (tensor(9, b"\x0a\x01x"), r"is no aialgs.data.Record: 'values' holds bytes"),
        (tensor(2, bytes.fromhex("0a0400000000 1202 0102")), r"1 values have 2 keys"),
        (tensor(2, bytes.fromhex("0a03000000")), r"is no aialgs.data.Record: buffer size must be a multiple"),
    ],
)
def test_what_is_cut_off_or_foreign_is_refused_by_its_file_and_place(content: bytes, problem: str) -> None:
    """The error names the file, the byte and the fault, whatever was read before it."""
    with pytest.raises(RecordIoError, match=problem):
        list(recordio.read(content, "part-0"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"1,2,3\n4,5,6\n", r"part-0 has no record of RecordIO at byte 0: there is 0x2c322c31"),
        (SPARSE[:-20], r"part-0 is cut off: the record at byte 0 has 53 bytes"),
        (SPARSE + SPARSE[:6], r"part-0 is cut off at byte 70"),
        (frame(1, DENSE_FEATURES), r"part-0 has no record of RecordIO at byte 0"),
        (
            tensor(3, bytes.fromhex("0a080000000000000000")),
            r"the record at byte 0 holds no row of float32: unknown field",
        ),
        (tensor(2, bytes.fromhex("0a0400000000 1202 0102")), r"it has 1 values, 2 keys"),
        (tensor(2, bytes.fromhex("0a03000000")), r"holds no row of float32: unpack requires"),
        (frame(0, LABEL), r"it has no features"),
        (frame(0, b"\x0a\x02\x0a\x00"), r"its tensor is not named values"),
    ],
)
def test_the_data_steps_reader_reads_nothing_but_its_own_rows(content: bytes, problem: str) -> None:
    """The gate reads training rows back; what it cannot read is no row, and the error says where it stands."""
    with pytest.raises(rows.RecordIoError, match=problem):
        list(rows.decode(content, "part-0"))


@pytest.mark.parametrize("row", [rows.Row((1.0,), (1, 2), 3), rows.Row((1.0,), (-1,), 3)])
def test_a_row_that_cannot_be_is_not_written(row: rows.Row) -> None:
    """Keys that do not match the values, and places below zero, are refused before anything is written."""
    with pytest.raises(rows.RecordIoError):
        rows.encode([row])
