"""The formats of a data file, columns of text, grouped labels, and data without a label."""

from __future__ import annotations

import json
import re

import pytest

from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.table import label_counts, split_rows
from ml_steps.running import StepError

RATINGS = """
name = "ratings"
[file]
name = "u.data"
sources = ["https://example.org/all.zip#all/u.data"]
sha256 = "00"
max_bytes = 1000
delimiter = "\\t"
columns = ["user", "movie", "liked", "timestamp"]
[rows]
bad_share_allowed = 0.0
first_of = "user"
test_rows = 2
validation_rows = 1
[[features]]
name = "movie"
low = 1
high = 1682
[[features]]
name = "user"
low = 1
high = 943
[label]
name = "liked"
categories = ["no", "yes"]
grouped = { 1 = "no", 2 = "no", 3 = "no", 4 = "yes", 5 = "yes" }
"""

TEXTS = """
name = "abstracts"
[file]
name = "abstracts.jsonl"
format = "jsonl"
sources = ["abstracts.jsonl.gz"]
sha256 = "00"
max_bytes = 1000
[rows]
bad_share_allowed = 0.5
train_share = 0.5
validation_share = 0.25
[[features]]
name = "abstract"
longest = 40
"""


def rated(*rows: tuple[int, int, int]) -> bytes:
    return "".join(f"{user}\t{movie}\t{rating}\t88\n" for user, movie, rating in rows).encode()


def test_columns_are_found_by_name_in_a_file_with_others() -> None:
    """The file's order and its further columns do not matter, and several values may be one category."""
    checked = check("u.data", rated((7, 50, 5), (7, 51, 3)), Dataset.parse(RATINGS))
    assert checked.rows == (("50", "7", "yes"), ("51", "7", "no"))


def test_a_value_in_no_group_is_a_bad_row() -> None:
    """A rating of 6 is named with its line and with what is allowed."""
    with pytest.raises(StepError, match=r"u\.data:1: liked is '6', expected one of 1, 2, 3, 4, 5, no, yes"):
        check("u.data", rated((7, 50, 6)), Dataset.parse(RATINGS))


def test_the_first_rows_of_each_user_are_tested() -> None:
    """The order is the file's: two rows of each user are tested, the next is for validation, the others are learned."""
    dataset = Dataset.parse(RATINGS)
    content = rated((7, 1, 5), (8, 1, 1), (7, 2, 3), (7, 3, 4), (7, 4, 4), (8, 9, 4), (7, 5, 1))
    parts = split_rows(check("u.data", content, dataset).rows, dataset)
    found = {name: {(row[1], row[0]) for row in rows} for name, rows in parts.items()}
    assert found["test"] == {("7", "1"), ("7", "2"), ("8", "1"), ("8", "9")}
    assert found["validation"] == {("7", "3")}
    assert found["train"] == {("7", "4"), ("7", "5")}
    assert label_counts(parts["test"], dataset) == {"no": 2, "yes": 2}


def test_a_row_that_comes_twice_is_in_one_split() -> None:
    """The second copy of a test row is no training row, even with another label."""
    dataset = Dataset.parse(RATINGS)
    content = rated((7, 1, 5), (7, 2, 3), (7, 3, 4), (7, 4, 4), (7, 1, 1))
    parts = split_rows(check("u.data", content, dataset).rows, dataset)
    assert [row[0] for row in parts["test"]].count("1") == 2
    assert [row[0] for row in parts["train"]] == ["4"]


def test_text_is_one_value_with_single_blanks() -> None:
    """Line breaks and commas in a text are no ends of rows or values; other members are ignored."""
    dataset = Dataset.parse(TEXTS)
    line = json.dumps({"doi": "10.1", "abstract": " Cells, and\n\tmore  cells. "})
    checked = check("abstracts.jsonl", f"{line}\n".encode(), dataset)
    assert checked.rows == (("Cells, and more cells.",),)
    assert (dataset.labels, dataset.columns, label_counts(checked.rows, dataset)) == ((), dataset.features, {})
    with pytest.raises(ValueError, match="the data set abstracts has no label"):
        dataset.truth_of(checked.rows[0])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "no JSON object: '{'"),
        ("[1]", "no JSON object: '[1]'"),
        ("[" * 100_000, "no JSON object: '["),
        ('{"text": "x"}', "there is no abstract"),
        ('{"abstract": null}', "abstract is null, expected a text or a number"),
        ('{"abstract": true}', "abstract is true, expected a text or a number"),
        ('{"abstract": " "}', "abstract is empty, expected text"),
        (f'{{"abstract": "{"x" * 41}"}}', "abstract has 41 characters, expected at most 40: 'xxx"),
    ],
)
def test_a_line_without_the_text_is_a_bad_row(line: str, fault: str) -> None:
    """The fault is named with the line's number; the good row beside it stays."""
    checked = check("abstracts.jsonl", f'{{"abstract": "good"}}\n{line}\n'.encode(), Dataset.parse(TEXTS))
    assert checked.rows == (("good",),)
    assert checked.bad[0].startswith(f"abstracts.jsonl:2: {fault}")


@pytest.mark.parametrize(
    ("text", "found", "written", "message"),
    [
        (
            RATINGS,
            "test_rows = 2\n",
            "",
            "[rows] must have train_share, validation_share or first_of, test_rows, valid",
        ),
        (RATINGS, "test_rows = 2", "test_rows = 2\ntrain_share = 0.5", "[rows] must have train_share"),
        (RATINGS, "test_rows = 2", "test_rows = 0", "[rows] test_rows 0 and validation_rows 1 must be 1 or more"),
        (RATINGS, 'first_of = "user"', 'first_of = "liked"', "[rows] first_of = 'liked': expected one of movie, user"),
        (RATINGS, '"liked", "timestamp"]', '"timestamp"]', "[file] columns has liked 0 times, expected once"),
        (RATINGS, '5 = "yes"', '5 = "maybe"', "[label] liked: values are grouped as maybe, which is no category"),
        (RATINGS, 'delimiter = "\\t"', 'delimiter = ""', "[file] delimiter = '': expected one character"),
        (TEXTS, 'format = "jsonl"', 'format = "xml"', "[file] format = 'xml': expected csv or quoted-csv or"),
        (TEXTS, 'format = "jsonl"', 'format = "jsonl"\nheader = "a"', "[file] a file of the format jsonl has neither"),
        (
            RATINGS,
            'delimiter = "\\t"',
            'members = { movie = "film" }',
            "[file] a file of the format csv has no members",
        ),
        (
            TEXTS,
            'sha256 = "00"',
            'sha256 = ""',
            "[file] sha256 is empty: nobody has stated which abstracts.jsonl it is",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(text: str, found: str, written: str, message: str) -> None:
    """The message names the table, the key, the value and what is allowed."""
    assert found in text
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Dataset.parse(text.replace(found, written))


def test_a_member_may_have_another_name_than_its_column() -> None:
    """The contract's column is the same whatever the file calls it, and a fault says what the file calls it."""
    dataset = Dataset.parse(TEXTS.replace('format = "jsonl"', 'format = "jsonl"\nmembers = { abstract = "body" }'))
    checked = check("abstracts.jsonl", b'{"body": "cells"}\n{"abstract": "cells"}\n', dataset)
    assert checked.rows == (("cells",),)
    assert checked.bad == ("abstracts.jsonl:2: there is no body",)


@pytest.mark.parametrize("text", [RATINGS, TEXTS])
def test_a_contract_is_the_same_after_json(text: str) -> None:
    """A report keeps the contract as JSON; what is read from it is equal."""
    dataset = Dataset.parse(text)
    assert Dataset.of(json.loads(json.dumps(dataset.document()))) == dataset
