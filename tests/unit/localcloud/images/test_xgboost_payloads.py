"""What XGBoost's serving program reads of a request."""

from __future__ import annotations

import csv
import random

import numpy as np
import pytest
import recordio
from hyperparameters import UserError
from payloads import delimiter_of, rows


@pytest.mark.parametrize("body", [b"1.5,-2,3", b"1.5;-2;3\n", b"1.5\t-2\t3", b" 1.5 -2 3 "])
def test_a_row_may_have_any_delimiter(body):
    """It is found in the first line."""
    assert rows(body, "text/csv").tolist() == [[1.5, -2.0, 3.0]]


def test_one_number_alone_is_a_row():
    """The sniffer takes one of its digits for the delimiter, and the container takes a comma instead."""
    assert rows(b"2.5\n3.5", "text/csv").tolist() == [[2.5], [3.5]]


def test_an_empty_cell_is_missing():
    """The word nan is, too; other words are refused."""
    assert np.isnan(rows(b"1,,nan", "text/csv")).tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    "body", [b"inf,1", b"1,-1e400", b"1,1e39", b'"1","2"', b"a,1", b"1,NA", b"1,2\n1", b"1, ,2", b"\n", b"\xff,1"]
)
def test_what_is_no_number_is_refused(body):
    """Quoted and infinite numbers as well, and rows of several widths."""
    with pytest.raises(ValueError, match="please ensure data is in csv format"):
        rows(body, "text/csv")


def test_the_quick_way_finds_what_the_sniffer_finds():
    """A line with a comma and without quotes is delimited by commas."""
    chance = random.Random(7)  # noqa: S311  (lines to try, and no secret)
    for _ in range(300):
        line = "".join(chance.choices("0123456789.-e,,,; \t|:naN", k=chance.randint(2, 30))) + ","
        assert delimiter_of(line) == csv.Sniffer().sniff(line).delimiter == ","


def test_libsvm_has_pairs_and_leaves_out_the_rest():
    """A label or a note counts for nothing, and indices that start at 1 are shifted."""
    assert rows(b"1 1:2.5 3:1 # note\n2:4", "text/libsvm").toarray().tolist() == [[2.5, 0.0, 1.0], [0.0, 4.0, 0.0]]
    assert rows(b"0:2 1:3", "text/x-libsvm").toarray().tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize("body", [b"0:1 1:", b"0:x", b"word", b"a:1", b"0:inf"])
def test_a_pair_of_a_request_needs_its_value(body):
    """In training data one without a value is taken; in a request it is not."""
    with pytest.raises(ValueError, match="please ensure data is in libsvm format"):
        rows(body, None)


RECORDS = "application/x-recordio-protobuf"


def test_records_are_rows_in_full_or_sparse():
    """A label is no column, and a sparse row has the width that it says."""
    full = recordio.write([recordio.Record.dense(np.array([1.5, 2]), 1.0), recordio.Record.dense(np.array([3, 4]))])
    sparse = recordio.write(
        [recordio.Record.sparse([2], np.array([5]), 4), recordio.Record.sparse([0], np.array([6]), 4)]
    )
    assert rows(full, RECORDS).tolist() == [[1.5, 2.0], [3.0, 4.0]]
    assert rows(sparse, RECORDS).toarray().tolist() == [[0.0, 0.0, 5.0, 0.0], [6.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    "body",
    [
        b"1,2",
        recordio.write([recordio.Record({}, {})]),
        recordio.write([recordio.Record.dense(np.array([1.0])), recordio.Record.dense(np.array([1.0, 2.0]))]),
        recordio.write([recordio.Record.dense(np.array([np.inf]))]),
    ],
    ids=["text", "no features", "several widths", "infinite"],
)
def test_what_is_no_matrix_of_records_is_refused(body):
    """The message names the format."""
    with pytest.raises(ValueError, match="please ensure data is in recordio-protobuf format"):
        rows(body, RECORDS)


def test_another_type_is_refused_by_name():
    """The type that was declared stands in the message."""
    with pytest.raises(UserError, match="image/png is not an accepted ContentType"):
        rows(b"1,2", "image/png")
