"""Quoted CSV, as RFC 4180 describes it: what is in a quoted value, and which faults are named."""

from __future__ import annotations

import csv
import io
import random
import re

import pytest

from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_steps.running import StepError

CONTRACT = """
name = "comments"
[file]
name = "comments.csv"
sources = ["comments.csv"]
sha256 = "00"
max_bytes = 1000
format = "quoted-csv"
header = "id,commentBody,place"
columns = ["id", "text", "place"]
[rows]
bad_share_allowed = 0.5
train_share = 0.5
validation_share = 0.25
[[features]]
name = "text"
longest = 200
"""
DATASET = Dataset.parse(CONTRACT)
HEADER = b"id,commentBody,place\r\n"


def texts(content: bytes, dataset: Dataset = DATASET) -> list[str]:
    return [row[0] for row in check("comments.csv", content, dataset).rows]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (b"1,plain,x", "plain"),
        (b'1,"a, b",x', "a, b"),
        (b'1,"she said ""no""",x', 'she said "no"'),
        (b'1,"one\r\ntwo\n\nthree",x', "one two three"),
        (b'1,"<br/>R&amp;D",x', "<br/>R&amp;D"),
        ("1,naïve,x".encode(), "naïve"),
        (b'1,text,"x\ny"', "text"),
    ],
)
@pytest.mark.parametrize("line_break", [b"\r\n", b"\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_quoted_value_holds_anything(row: bytes, text: str, line_break: bytes, mark: bytes) -> None:
    """Delimiters, quotes and line breaks in quotes are part of the value; both line breaks and a mark are taken."""
    content = mark + HEADER.rstrip() + line_break + row + line_break
    assert texts(content) == [text]
    assert texts(content.removesuffix(line_break)) == [text]


def test_what_a_csv_program_writes_is_read_back() -> None:
    """Any text of letters, quotes, delimiters and line breaks comes back as it was, but for white space."""
    drawn = random.Random(7)  # noqa: S311  (drawn text)
    written = ["x" + "".join(drawn.choices('ab",\n\r;<>&', k=drawn.randrange(40))) for _ in range(300)]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([str(number), text, ""] for number, text in enumerate(written))
    assert texts(HEADER + buffer.getvalue().encode()) == [" ".join(text.split()) for text in written]


def test_a_bad_row_is_named_with_its_first_line() -> None:
    """A row of another width is one bad row, and the rows after a value of several lines keep their numbers."""
    content = HEADER + b'1,"two\nlines",x\n2,good,x,y\n\n4,good,x\n'
    assert check("comments.csv", content, DATASET).bad == (
        "comments.csv:4: 4 values, expected 3: '2,good,x,y'",
        "comments.csv:5: the line is empty",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "comments.csv is empty (0 bytes, no rows)."),
        (HEADER, "comments.csv is empty (22 bytes, no rows)."),
        (
            b"id,place,commentBody\n1,x,y\n",
            "the first line is 'id,place,commentBody', expected the header 'id,commentB",
        ),
        (HEADER + b'1,"never ends,x\n2,good,x\n', "the row that begins in line 2 cannot be read: unexpected end of"),
        (
            HEADER + b'1,good,x\n2,"a "quote",x\n',
            "the row that begins in line 3 cannot be read: ',' expected after '\"'",
        ),
        (HEADER + b"1," + b"x" * 200_000 + b",x\n", "the row that begins in line 2 cannot be read: field larger than"),
        (HEADER + b"1,good,x\n2,na\xefve,x\n", "comments.csv:3: the byte 0xef is not UTF-8"),
        (HEADER + b"1,a\0b,x\n", "comments.csv:2: there is a NUL byte. Is the file UTF-16, or damaged?"),
        ((HEADER + b"1,good,x\n").decode().encode("utf-16"), "comments.csv:1: the byte 0xff is not UTF-8"),
        (
            HEADER + b"1,good\n2,good\n3,good,x\n",
            "2 of 3 rows have 2 values, expected 3 (id, text, place): a column is",
        ),
    ],
)
def test_a_fault_of_the_file_is_named(content: bytes, message: str) -> None:
    """The error says what was seen and where, and no row of such a file is used."""
    with pytest.raises(StepError, match=re.escape(message)):
        check("comments.csv", content, DATASET)


def test_another_delimiter_works_with_quotes() -> None:
    """A semicolon separates the values if the contract says so; a comma is then text."""
    dataset = Dataset.parse(
        CONTRACT.replace("columns =", 'delimiter = ";"\ncolumns =').replace(
            "id,commentBody,place", "id;commentBody;place"
        )
    )
    assert texts(b'id;commentBody;place\n1;"a; b, c";x\n', dataset) == ["a; b, c"]
