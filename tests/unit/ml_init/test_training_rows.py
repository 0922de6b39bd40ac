"""What training reads, and that the gate reads the same rows back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ml_init import recordio
from ml_init.columns import Decimals
from ml_init.dataset import Dataset
from ml_init.training_rows import ONE_HOT, RANKS, VALUES, training_rows
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


@pytest.mark.parametrize("kind", [RANKS, VALUES, ONE_HOT], ids=lambda kind: kind.name)
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


def test_one_hot_is_a_feature_for_each_value() -> None:
    """A category's place is its rank, and each column begins where the one before ends; the label is its index."""
    row = ("vhigh", "low", "5more", "more", "big", "high", "vgood")
    (record,) = recordio.decode(ONE_HOT.encode([row], CAR))
    assert record.keys == (0 + 3, 4 + 0, 8 + 3, 12 + 2, 15 + 2, 18 + 2)
    assert (record.values, record.width, record.label) == ((1.0,) * 6, 21, 3.0)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"keys": (0, 3, 8, 12, 15, 18)}, "maint has the feature 3, expected 4 to 7"),
        ({"keys": (0, 4, 8, 12, 15, 21)}, "safety has the feature 21, expected 18 to 20"),
        ({"values": (1.0,) * 5 + (2.0,)}, "has not one 1 for each of 6 columns"),
        ({"width": 22}, "among 21 features"),
        ({"label": 0.5}, "has a label that is no index of unacc"),
        ({"label": None}, "has a label that is no index of unacc"),
    ],
)
def test_a_record_that_is_no_one_hot_row_is_refused(changes: dict, fault: str) -> None:
    """Only what ``encode`` writes is a row: the gate takes nothing else for one."""
    good = {"values": (1.0,) * 6, "keys": (0, 4, 8, 12, 15, 18), "width": 21, "label": 1.0}
    assert ONE_HOT.decode(recordio.encode([recordio.Row(**good)]), CAR)
    with pytest.raises(ValueError, match=re.escape(fault)):
        ONE_HOT.decode(recordio.encode([recordio.Row(**(good | changes))]), CAR)


def test_what_has_no_end_has_no_features_of_its_own() -> None:
    """A column of numbers with a point cannot be one-hot; the error names it."""
    share = Decimals(name="share", low=0, high=1)
    decimals = replace(CREDIT, features=(share, *CREDIT.features[1:]))
    with pytest.raises(ValueError, match="share has no countable values"):
        ONE_HOT.encode([CUSTOMER], decimals)
