"""docs/faults.md is what ``make faults`` saw: the table of docs/faults.json, with every fault in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import faults

if TYPE_CHECKING:
    from pathlib import Path


def test_every_fault_was_seen_and_stands_on_the_page() -> None:
    """The page has each fault of the list, as one run saw it, and no other."""
    seen = json.loads(faults.SEEN.read_text())
    assert set(seen) == set(faults.FAULTS)
    text = faults.PAGE.read_text()
    assert faults.page(text, seen) == text


def test_nothing_was_left_over() -> None:
    """No fault on the page has left anything behind."""
    seen = json.loads(faults.SEEN.read_text())
    assert {fault: row["left_over"] for fault, row in seen.items() if row["left_over"]} == {}


def test_a_row_says_what_was_done_what_came_of_it_and_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded fault is a row under its heading, with its seconds."""
    path = tmp_path / "seen.json"
    monkeypatch.setenv(faults.VARIABLE, str(path))
    faults.record("latency tripled", verdict="rolled back", seconds=4.23, left_over=["stack Qa", "folder a"])
    text = faults.tables(json.loads(path.read_text()))
    row = "| latency tripled | the new container takes three times as long | rolled back | 4.2 | folder a, stack Qa |"
    assert row in text.partition("## In the canary")[2].partition("## Around a release")[0]


def test_a_fault_that_is_not_listed_is_refused() -> None:
    """The refusal names the list in which the fault should stand."""
    with pytest.raises(ValueError, match=r"'rain' is not among the faults of tests\.faults\.CHAPTERS"):
        faults.record("rain", verdict="wet", seconds=1, left_over=[])
