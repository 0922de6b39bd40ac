"""The split of rows into training, validation and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.data import SPLITS
from ml_init.split import fraction, split_of

if TYPE_CHECKING:
    from ml_init.dataset import Dataset


def features(line: str) -> list[str]:
    return line.split(",")[:-1]


def test_split_depends_on_features_and_salt_alone(dataset: Dataset, lines: list[str]) -> None:
    """A row is in the same split in any order, and under another salt many rows are in another."""
    once = [split_of(features(line), "salt", dataset.shares) for line in lines]
    again = [split_of(features(line), "salt", dataset.shares) for line in reversed(lines)]
    other = [split_of(features(line), "other salt", dataset.shares) for line in lines]
    assert once == again[::-1]
    assert sum(a != b for a, b in zip(once, other, strict=True)) > 500


def test_rows_with_equal_features_never_straddle(dataset: Dataset) -> None:
    """Rows with equal features are in one split, whatever their labels."""
    rows = ["low,low,2,2,small,low,unacc", "low,low,2,2,small,low,vgood"]
    assert len({split_of(features(row), "salt", dataset.shares) for row in rows}) == 1


def test_shares_are_as_asked(dataset: Dataset, lines: list[str]) -> None:
    """Each split of the shipped data is within three points of its share."""
    places = [split_of(features(line), dataset.file.sha256, dataset.shares) for line in lines]
    shares = {name: places.count(name) / len(lines) for name in SPLITS}
    assert abs(shares["train"] - 0.70) < 0.03
    assert abs(shares["validation"] - 0.15) < 0.03
    assert abs(shares["test"] - 0.15) < 0.03


def test_values_cannot_be_shifted_between_columns() -> None:
    """("ab", "c") and ("a", "bc") are different rows."""
    assert fraction(["ab", "c"], "salt") != fraction(["a", "bc"], "salt")


def test_known_place() -> None:
    """The rule itself is fixed, for a change of it would move rows between training and test unseen."""
    assert fraction(["low", "low", "5more", "more", "big", "high"], "salt") == 0x971A609A / 2**32
