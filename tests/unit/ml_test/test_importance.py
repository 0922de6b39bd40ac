"""What the answers depend on: which rows are asked for it, and what the report says of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handover.invocations import NoAnswer
from ml_test.gate import report
from ml_test.gate.importance import Dealt, deal, importance
from ml_test.gate.rules import Rules
from tests.unit.ml_test.conftest import PROJECT, RULES
from tests.unit.ml_test.test_report import made_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_test.gate.evidence import Evidence
    from tests.unit.ml_test.conftest import TestRows


def by_two_columns(request: str) -> str:
    """A model that reads persons and safety, and nothing else."""
    _, _, _, persons, _, safety = request.split(",")
    return "unacc" if persons == "2" or safety == "low" else "acc"


def answered(dealt: Sequence[Dealt]) -> list[Dealt]:
    return [replace(each, answers=tuple(map(by_two_columns, each.requests))) for each in dealt]


@pytest.fixture
def evidence(rows: TestRows) -> Evidence:
    """Of that model."""
    return rows.evidence([by_two_columns(request) for request in rows.requests])


def test_one_column_has_the_values_of_other_rows(rows: TestRows) -> None:
    """A hundred rows keep all their other values; the same test rows are dealt alike."""
    dealt = deal(rows.requests, rows.features, RULES)
    assert [each.column for each in dealt] == rows.features
    for number, each in enumerate(dealt):
        before = [rows.requests[place].split(",") for place in each.places]
        after = [request.split(",") for request in each.requests]
        assert len(after) == 100
        assert before != after
        assert Counter(row[number] for row in before) == Counter(row[number] for row in after)
        assert [row[:number] + row[number + 1 :] for row in before] == [
            row[:number] + row[number + 1 :] for row in after
        ]
    assert deal(rows.requests, rows.features, RULES) == dealt
    assert len({each.places for each in dealt}) == 1


def test_what_the_model_reads_comes_first(rows: TestRows, evidence: Evidence) -> None:
    """The two columns that it reads lose surely, the others nothing, in the metric of the comparison."""
    all_rows = replace(RULES, load=replace(RULES.load, dealt=len(rows.requests)))
    dealt = answered(deal(rows.requests, rows.features, all_rows))
    found = importance(replace(evidence, dealt=dealt), RULES)
    assert {entry["metric"] for entry in found} == {RULES.comparison.metric}
    assert {entry["column"] for entry in found[:2]} == {"persons", "safety"}
    assert all(entry["high"] < 0 for entry in found[:2])
    assert [entry["value"] for entry in found[2:]] == [0.0] * 4


def test_rows_without_an_answer_are_left_out(rows: TestRows, evidence: Evidence) -> None:
    """The figures are of the rows that were answered both times."""
    first, *_ = answered(deal(rows.requests, rows.features, RULES))
    lost = replace(first, answers=(NoAnswer("gone"), *first.answers[1:]))
    kept = replace(evidence, answers=list(evidence.answers), dealt=[lost])
    kept.answers[first.places[1]] = NoAnswer("gone")  # type: ignore[index]
    assert [entry["rows"] for entry in importance(kept, RULES)] == [98]


def test_rankings_have_none() -> None:
    """A part of a user's rows would be another ranking."""
    rules = Rules.read(PROJECT / "ml_test" / "movie_recommender" / "gate.toml")
    assert deal(["1,2", "3,4", "5,6"], ["user", "movie"], rules) == []


def test_a_single_column_has_none(rows: TestRows) -> None:
    """A text, a picture, or what nobody wants to know (`dealt = 0`)."""
    assert deal(["a", "b", "c"], ["text"], RULES) == []
    unwanted = replace(RULES, load=replace(RULES.load, dealt=0))
    assert deal(rows.requests, rows.features, unwanted) == []


def test_the_page_shows_it(rows: TestRows, evidence: Evidence) -> None:
    """A line for each column, the most important one first; without them, there is no such heading."""
    heading = "<h2>What the answers depend on</h2>"
    shown = answered(deal(rows.requests, rows.features, RULES))
    page, without = (report.html(made_of(replace(evidence, dealt=dealt))) for dealt in (shown, ()))
    assert heading not in without
    section = page.partition(heading)[2].partition("<h2>")[0]
    assert "100 test rows" in section
    places = [section.index(f"<title>{column}</title>") for column in ("persons", "safety", *rows.features[:3])]
    assert max(places[:2]) < min(places[2:])
