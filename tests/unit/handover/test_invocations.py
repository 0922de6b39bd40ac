"""How an invocation travels in a variable."""

from __future__ import annotations

import json
import re

import pytest

from handover.errors import HandOverError
from handover.invocations import (
    CSV,
    CSV_CLASSES,
    CSV_ROW,
    KINDS,
    TEXT,
    ImageFile,
    ManyRows,
    OneHotJson,
    TensorRow,
    answers_in,
    invocation,
    text_of,
    type_of,
)
from stacks.workloads import WORKLOADS


@pytest.mark.parametrize("name", WORKLOADS)
def test_an_invocation_is_the_same_after_a_variable(name: str) -> None:
    """The step reads what the stack wrote."""
    assert invocation(text_of(WORKLOADS[name].invocation)) == WORKLOADS[name].invocation


def test_every_kind_is_found_by_its_own_name() -> None:
    """The table's keys are the kinds' names, and no name has the colon that ends it."""
    assert all(name == kind.name and ":" not in name for name, kind in KINDS.items())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cvs", "There is no invocation 'cvs'; known are "),
        ("", "There is no invocation ''; known are "),
        ("one-hot-json", "The invocation 'one-hot-json' cannot be: it takes the sizes of its columns"),
        ("one-hot-json:943,0", "The invocation 'one-hot-json:943,0' cannot be: it takes the sizes of its columns"),
        ("csv:1", "The invocation 'csv:1' cannot be: it takes no parameters, and has '1'."),
    ],
)
def test_what_is_no_invocation_is_refused(text: str, message: str) -> None:
    """The message has the text that was found."""
    with pytest.raises(HandOverError, match=f"^{re.escape(message)}"):
        invocation(text)


@pytest.mark.parametrize("line", ["0.25,0.5,0.25", "[0.25,0.5,0.25]"])
def test_a_line_of_probabilities_is_a_list(line: str) -> None:
    """The gate and the API read a JSON list, from an endpoint and from a captured request of several rows alike."""
    assert CSV_CLASSES.answer(f"{line}\n".encode()) == "[0.25,0.5,0.25]"
    assert answers_in(f"{line}\n{line}\n", CSV_CLASSES) == ["[0.25,0.5,0.25]"] * 2
    assert CSV_CLASSES.answer(b"2.0") == "2.0"


def test_lines_of_csv_are_rows() -> None:
    """Each line of the answer belongs to one of them; another model's one line is one answer, however many it got."""
    assert isinstance(CSV, ManyRows)
    assert CSV.batch(["1,2", "3,4"]) == b"1,2\n3,4"
    assert CSV.answers(b"0.25\n0.75\r\n") == answers_in("0.25\n0.75\n", CSV) == ["0.25", "0.75"]
    assert not isinstance(CSV_ROW, ManyRows)
    assert (answers_in("unacc\n", CSV_ROW), answers_in("", CSV_ROW)) == (["unacc"], [])


def test_a_picture_is_sent_as_it_is() -> None:
    """A file of the type is a row in base64; a row that is no base64 is refused before anybody is asked."""
    png = ImageFile("image/png")
    assert png.body(png.row_of(b"\x89PNG\r\n\x1a\nrest")) == b"\x89PNG\r\n\x1a\nrest"
    with pytest.raises(ValueError, match="expected image/png"):
        png.row_of(b"GIF89a")
    with pytest.raises(HandOverError, match="is no image in base64"):
        png.body("5.1,3")


def test_a_photograph_is_a_photograph_to_whoever_is_asked() -> None:
    """The content type is that of the file, whatever most rows are: another data set may have other images."""
    png = ImageFile("image/png")
    photograph = png.body(png.row_of(b"\xff\xd8\xff\xe0rest"))
    assert [type_of(png, body) for body in (photograph, b"\x89PNG\r\n\x1a\n", b"?")] == [
        "image/jpeg",
        *("image/png", "image/png"),
    ]
    assert type_of(CSV, photograph) == "text/csv"


def test_csv_is_the_row_itself() -> None:
    """One line break at the end of an answer is none of it."""
    assert (CSV.body("low,2"), CSV.answer(b"unacc\n"), CSV.answer(b" unacc")) == (b"low,2", "unacc", " unacc")


def test_a_row_of_tensors_is_one_instance_of_numbers() -> None:
    """The answer is one output of the only prediction; a signature of one output has no name in its answer."""
    named, alone = TensorRow("label"), TensorRow()
    assert json.loads(named.body("5.1,-3,1e2")) == {"instances": [[5.1, -3, 100]]}
    assert named.answer(b'{"predictions": [{"label": "setosa", "probabilities": [1.0]}]}') == "setosa"
    assert named.answer(b'{"predictions": [{"label": 2.5}]}') == "2.5"
    assert alone.answer(b'{"predictions": [[0.5, 0.5]]}') == "[0.5, 0.5]"
    assert isinstance(named, ManyRows)
    assert json.loads(named.batch(["1,2", "3,4"])) == {"instances": [[1, 2], [3, 4]]}
    several = '{\n "predictions": [{"label": "a"},\n {"label": "b"}]}'
    assert answers_in(several, named) == ["a", "b"]
    assert named.answer(several.encode()) == several


@pytest.mark.parametrize("row", ["", "1,,2", "1, 2", "nan,1", "1_0", "a"])
def test_what_is_no_row_of_numbers_is_not_asked(row: str) -> None:
    """The message has the row."""
    with pytest.raises(HandOverError, match="is not numbers joined by commas"):
        TensorRow("label").body(row)


@pytest.mark.parametrize(
    "answer",
    ['{"error": "x"}', '{"predictions": []}', '{"predictions": [{"other": 1}]}', '{"predictions": [1]}', "x", "[" * 9],
)
def test_what_is_no_prediction_is_no_answer_of_it(answer: str) -> None:
    """It is given as it came, so that a gate shows it and takes it for no label."""
    assert TensorRow("label").answer(answer.encode()) == answer


def test_one_hot_json_is_a_sparse_record() -> None:
    """Each value is a feature of its own; the last of one column stands before the first of the next."""
    machine = invocation("one-hot-json:943,1682")
    assert machine == OneHotJson((943, 1682))
    assert text_of(machine) == "one-hot-json:943,1682"
    for row, keys in (("1,1", [0, 943]), ("943,1682", [942, 2624]), ("7.0,10", [6, 952])):
        assert json.loads(machine.body(row)) == {
            "instances": [{"data": {"features": {"keys": keys, "shape": [2625], "values": [1.0, 1.0]}}}]
        }


@pytest.mark.parametrize("row", ["0,1", "944,1", "1,1683", "1", "1,2,3", "1.5,1", "a,1", "", "1, 2"])
def test_a_row_of_other_columns_is_no_one_hot_request(row: str) -> None:
    """The row is named, and nothing is sent."""
    with pytest.raises(HandOverError, match=f"The row '{re.escape(row)}' has "):
        invocation("one-hot-json:943,1682").body(row)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"predictions": [{"score": 0.4250, "predicted_label": 0.0}]}', "0.4250"),
        (b'{"predictions": [{"score": 1}]}', "1"),
        (b'{"predictions": [{"score": "0.4"}, {"score": 0.5}]}', '{"predictions": [{"score": "0.4"}, {"score": 0.5}]}'),
        (b'{"predictions": [{"label": 1}]}', '{"predictions": [{"label": 1}]}'),
        (b'{"predictions": [{"score": null}]}', '{"predictions": [{"score": null}]}'),
        (b"[]", "[]"),
        (b"oops\n", "oops\n"),
    ],
)
def test_the_answer_is_the_score_as_it_was_written(body: bytes, answer: str) -> None:
    """What has no single score is shown whole: the kind of answers finds it unusable."""
    assert invocation("one-hot-json:2,3").answer(body) == answer


def test_a_text_goes_out_as_json_and_weights_come_back_as_they_were_written() -> None:
    """Quotes and commas are the text's own; anything but weights comes back whole, so that a reader sees it."""
    assert json.loads(TEXT.body('a, "b"')) == {"data": ['a, "b"']}
    assert TEXT.answer(b'{"predictions": [{"topic_weights": [0.10, 9e-1]}]}') == "0.10,9e-1"
    for other in (b'{"predictions": []}', b"[]", b"x", b'{"predictions": [{"topic_weights": ["1"]}, {}]}'):
        assert TEXT.answer(other) == other.decode()
