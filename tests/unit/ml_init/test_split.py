"""The split of rows into training, validation and test, and what a row is the same by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.data import SPLITS
from ml_init.row_identity import identity
from ml_init.split import fraction, split_of
from ml_init.table import split_rows

if TYPE_CHECKING:
    from ml_init.dataset import Dataset

BEST_CAR = ["low", "low", "5more", "more", "big", "high"]


def features(line: str) -> list[str]:
    return line.split(",")[:-1]


def test_a_row_keeps_its_split_when_the_file_around_it_changes(dataset: Dataset, lines: list[str]) -> None:
    """Rows swapped, appended, removed, or a label corrected: no other row moves to another split."""
    rows = [tuple(line.split(",")) for line in lines]
    before = {row: name for name, part in split_rows(rows, dataset).items() for row in part}
    *most, last = rows
    corrected = (*last[:-1], "vgood" if last[-1] != "vgood" else "good")
    for changed in ([rows[1], rows[0], *rows[2:]], rows[:1000], [*rows, rows[0]], [*most, corrected]):
        after = {row: name for name, part in split_rows(changed, dataset).items() for row in part}
        assert {row: before[row] for row in after if row in before} == {
            row: name for row, name in after.items() if row in before
        }
    assert split_of(corrected[:-1], dataset.split) == before[last]


def test_rows_with_equal_features_never_straddle(dataset: Dataset) -> None:
    """Rows with equal features are in one split, whatever their labels."""
    rows = ["low,low,2,2,small,low,unacc", "low,low,2,2,small,low,vgood"]
    assert len({split_of(features(row), dataset.split) for row in rows}) == 1


def test_shares_are_as_asked(dataset: Dataset, lines: list[str]) -> None:
    """Each split of the shipped data is within three points of its share."""
    places = [split_of(features(line), dataset.split) for line in lines]
    shares = {name: places.count(name) / len(lines) for name in SPLITS}
    assert abs(shares["train"] - 0.70) < 0.03
    assert abs(shares["validation"] - 0.15) < 0.03
    assert abs(shares["test"] - 0.15) < 0.03


def test_values_cannot_be_shifted_between_columns() -> None:
    """("ab", "c") and ("a", "bc") are different rows."""
    assert identity(["ab", "c"]) != identity(["a", "bc"])


def test_known_place() -> None:
    """The rule itself is fixed, for a change of it would move rows between training and test unseen."""
    assert identity(BEST_CAR) == "044b47d057998955"
    assert fraction(BEST_CAR) == 0x044B47D0 / 2**32
