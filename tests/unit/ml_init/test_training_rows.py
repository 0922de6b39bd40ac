"""What training reads, and that the gate reads the same rows back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ml_init.dataset import Dataset
from ml_init.training_rows import RANKS, VALUES, training_rows
from tests.clouds import PROJECT

if TYPE_CHECKING:
    from ml_init.training_rows import TrainingRows

CAR = Dataset.read(PROJECT / "ml_init" / "car_evaluation" / "dataset.toml")
CREDIT = Dataset.read(PROJECT / "ml_init" / "credit_default" / "dataset.toml")
CUSTOMER = ("20000", "2", "2", "1", "24", *("2", "2", "-1", "-1", "-2", "-2"), *("-5",) * 6, *("0",) * 6, "1")


def test_ranks_are_as_spark_writes_them() -> None:
    """The label's rank comes first, then each category's, as floating-point numbers."""
    row = ("vhigh", "low", "5more", "more", "big", "high", "vgood")
    assert RANKS.written(row, CAR).partition(",")[2] == "3.0,0.0,3.0,2.0,2.0,2.0"
    assert RANKS.features("3.0,3.0,0.0,3.0,2.0,2.0,2.0", CAR) == row[:-1]


@pytest.mark.parametrize("kind", [RANKS, VALUES], ids=lambda kind: kind.name)
def test_what_is_written_is_read_back(kind: TrainingRows) -> None:
    """A row with numbers and categories has the same canonical values after it."""
    content = kind.encode([CUSTOMER, CUSTOMER], CREDIT)
    assert kind.count(content) == 2
    assert kind.decode(content, CREDIT) == [CUSTOMER[:-1]] * 2


def test_another_notation_is_the_same_row() -> None:
    """XGBoost reads 2e4 as 20000, so the gate does, too."""
    assert VALUES.features(",".join(("1.0", "2e4", *CUSTOMER[1:-1])), CREDIT) == CUSTOMER[:-1]


@pytest.mark.parametrize(
    ("kind", "line", "fault"),
    [
        ("ranks", "0.0,4.0,0.0,0.0,0.0,0.0,0.0", "buying is '4.0', expected a rank from 0 to 3"),
        ("ranks", "0.0,0.5,0.0,0.0,0.0,0.0,0.0", "buying is '0.5', expected a rank"),
        ("ranks", "0.0,nan,0.0,0.0,0.0,0.0,0.0", "buying is 'nan', expected a rank"),
        ("ranks", "9,0.0,0.0,0.0,0.0,0.0,0.0", "acceptability is '9', expected a rank"),
        ("ranks", "0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0", "7 features, expected 6"),
        ("ranks", "0 1:2 3:1", "acceptability is '0 1:2 3:1', expected a rank"),
        ("values", "0,low,low,2,2,small,tiny", "safety is 'tiny', expected one of low, med, high"),
        ("pictures", "", "there are no training rows of the kind 'pictures'; known are images"),
    ],
)
def test_what_is_no_such_row_is_refused(kind: str, line: str, fault: str) -> None:
    """What cannot be read back is named, and not taken for a row."""
    with pytest.raises(ValueError, match=re.escape(fault)):
        training_rows(kind).decode(f"{line}\n".encode(), CAR)
