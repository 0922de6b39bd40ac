"""The split of rows into training, validation and test, and what a row is the same by."""

from __future__ import annotations

from collections import Counter

import pytest

from handover.data import SPLITS
from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_init.split import fraction, split_of
from ml_init.table import split_rows

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


EACH_LABEL = """
name = "letters"
[file]
name = "letters.csv"
sources = ["letters.csv"]
sha256 = "00"
max_bytes = 1
[rows]
bad_share_allowed = 0.0
test_share_of_label = 0.15
validation_share_of_label = 0.1
[[features]]
name = "number"
low = 0
high = 1000
[label]
name = "letter"
categories = ["a", "b", "c"]
"""


def test_each_label_has_its_shares() -> None:
    """A label of twenty rows has three tested and two validated ones; a label of three rows has one of each kind."""
    rows = (
        [(str(n), "a") for n in range(20)]
        + [(str(n), "b") for n in range(20, 60)]
        + [(str(60 + n), "c") for n in range(3)]
    )
    letters = Dataset.parse(EACH_LABEL)
    parts = split_rows(rows, letters)
    counts = {name: Counter(label for _, label in part) for name, part in parts.items()}
    assert counts == {
        "test": {"a": 3, "b": 6, "c": 1},
        "validation": {"a": 2, "b": 4, "c": 1},
        "train": {"a": 15, "b": 30, "c": 1},
    }
    assert split_rows(rows[::-1], letters) == parts


def test_a_row_that_comes_twice_is_in_one_split_of_its_first_label() -> None:
    """Equal features never straddle, whatever their labels."""
    rows = [(str(n % 10), "ab"[n // 10]) for n in range(20)]
    parts = split_rows(rows, Dataset.parse(EACH_LABEL))
    seen = [{number for number, _ in part} for part in parts.values()]
    assert sum(map(len, seen)) == 10
    assert [len(part) for part in parts.values()] == [14, 2, 4]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("test_share_of_label = 0.5\nvalidation_share_of_label = 0.5", "they leave nothing to learn"),
        ("test_share_of_label = 0.5", "must have train_share, validation_share or first_of, test_rows"),
    ],
)
def test_shares_that_cannot_be_are_refused(keys: str, why: str) -> None:
    """The error names the keys."""
    text = EACH_LABEL.replace("test_share_of_label = 0.15\nvalidation_share_of_label = 0.1", keys)
    with pytest.raises(ValueError, match=why):
        Dataset.parse(text)


def test_shares_of_labels_need_a_label() -> None:
    """Data without truth cannot be split by it."""
    with pytest.raises(ValueError, match="the data set letters has no label"):
        Dataset.parse(EACH_LABEL.partition("[label]")[0])


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
