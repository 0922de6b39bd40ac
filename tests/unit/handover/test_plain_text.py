"""Numbers, lines and labels are read strictly, and in one way by all who read them."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pytest

from handover.captured import Exchange
from handover.errors import HandOverError
from handover.function_variables import AnswerShareVariables
from handover.invocations import CSV
from handover.plain_text import lines, number, without_line_break
from ml_init.columns import Decimals, Integers
from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import probability
from ml_test.gate.rules import Cut
from ml_test.gate.slices import groups

answer_share = import_module("lambda.answer_share.handler")

NO_NUMBERS = [
    *(
        "0_1",
        "1_000",
        "\uff10.\uff15",
        "\u0660.\u0665",
        "\u0967",
        "\u00b2",
        "\u00bd",
        "\u2167",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "Infinity",
        "1e999",
        "0x1",
        "0b1",
    ),
    *(
        " 1",
        "1 ",
        "1\n",
        "1\r\n",
        "\t1",
        "\u00a01",
        "1\u2028",
        "1\x00",
        "\ufeff1",
        "",
        " ",
        "+",
        ".",
        "e5",
        "1e",
        "--1",
    ),
    *("1,0", "1'000", "1.0.0", "1e1.5", "1e+", "1f", "1L", "1j", "True", "\u22121", "1e\u0663", "0.5%"),
]
NUMBERS = {
    "1": 1,
    "0": 0,
    "-0": 0,
    "+1": 1,
    "007": 7,
    "1.": 1,
    ".5": 0.5,
    "-.5e1": -5,
    "5.00E+05": 500_000,
    "1e-3": 0.001,
}


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_looks_like_a_number_and_is_none(text: str) -> None:
    """It is none for the data contract, as an answer of a model, as a watched answer, nor in a group's bounds."""
    assert number(text) is None
    assert probability(text) is None
    assert Integers(name="i", low=-9, high=10**6).fault(text) is not None
    assert Decimals(name="d", low=-9, high=10**6).fault(text) is not None
    assert not answer_share.Answers(label="1", threshold=0.0).include(text)
    if not text:
        return  # in a group's bounds, what the contract lets be missing is in no group
    with pytest.raises(ValueError, match="is no number"):
        groups([text.replace(",", ";")], ["age"], [Cut(feature="age", bounds=(0, 1))])


@pytest.mark.parametrize("text", ["0_5", "nan", "inf", " 0.5", "\uff10.5", "x"])
def test_a_threshold_is_a_number_too(text: str) -> None:
    """The variables of steps and functions are read by the same grammar."""
    set_up = {"ANSWER": "1", "LEAST_ANSWERS": "2"}
    with pytest.raises(HandOverError, match=r"The environment variable THRESHOLD is .*: it is no number\."):
        AnswerShareVariables.read({**set_up, "THRESHOLD": text})
    with pytest.raises(HandOverError, match=r"LEAST_ANSWERS is '2\.5': it is no whole number"):
        AnswerShareVariables.read({**set_up, "LEAST_ANSWERS": "2.5"})


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_a_number_is_ascii_with_sign_point_and_exponent(text: str, value: float) -> None:
    """Each notation that the data contract has always taken."""
    assert number(text) == value
    assert Decimals(name="d", low=-9, high=10**6).fault(text) is None


def test_a_line_ends_with_a_line_feed_and_with_nothing_else() -> None:
    """What str.splitlines would break at stays in the line, where it breaks the contract or makes another label."""
    assert lines("a\nb\r\nc") == ["a", "b", "c"]
    assert lines("a\n\n") == ["a", ""]
    assert lines("") == []
    for within in "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029":
        assert lines(f"a{within}b\n") == [f"a{within}b"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_one_line_break_at_the_end_is_no_part_of_an_answer(end: str) -> None:
    """Asked for at once or captured, the answer is the same."""
    assert without_line_break(f"good{end}") == "good"
    assert CSV.answer(f"good{end}".encode()) == "good"


@pytest.mark.parametrize(
    "answer",
    [
        "good ",
        " good",
        "good\n\n",
        "good\r",
        "\u200bgood",
        "good\u00a0",
        "good\u2028",
        "Good",
        "\uff47\uff4f\uff4f\uff44",
        "good\x00",
    ],
)
def test_a_label_is_compared_exactly(answer: str) -> None:
    """Neither a space nor an invisible character nor another case makes it the same label."""
    read = Labels().read([CSV.answer(answer.encode())], ["good"], ["good", "bad"])
    assert read.unusable.tolist() == [True]


def test_captured_answers_are_those_that_the_gate_would_have_got() -> None:
    """A captured line is not stripped either."""
    found = Exchange(
        request="", answer="good \ngood\u2028\r\n0_1", inference_id="", time=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert list(found.answers()) == ["good ", "good\u2028", "0_1"]
