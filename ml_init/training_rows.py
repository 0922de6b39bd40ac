"""How a row is written for training, and read back: one class for each kind, and an entry in ``TRAINING_ROWS``.

The gate reads back what a model has learned from. The registry names a workload's kind, beside what makes its features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ml_init.dataset import Categories

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_init.dataset import Column, Dataset
    from ml_init.table import Row


class TrainingRows(Protocol):
    """A kind of training rows. What cannot be read back is no row of this kind: ValueError."""

    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str:
        """What training is told of the files."""

    def written(self, row: Row, dataset: Dataset) -> str:
        """A row (canonical values, features then label) as a line."""

    def features(self, line: str, dataset: Dataset) -> tuple[str, ...]:
        """The canonical values of the features of a line. ValueError for a line that is no such row."""


class _LabelFirst:
    """CSV for XGBoost, without header: the label's index, then the features in the order of the contract."""

    content_type = "text/csv"

    def written(self, row: Row, dataset: Dataset) -> str:
        values = (self._value(column, value) for column, value in zip(dataset.features, row[:-1], strict=True))
        return ",".join((str(dataset.label.categories.index(row[-1])), *values))

    def features(self, line: str, dataset: Dataset) -> tuple[str, ...]:
        label, *values = line.split(",")
        _category(dataset.label, label)
        if len(values) != len(dataset.features):
            raise ValueError(f"{len(values)} features, expected {len(dataset.features)}: {line[:200]!r}")
        return tuple(self._canonical(column, value) for column, value in zip(dataset.features, values, strict=True))

    def _value(self, column: Column, value: str) -> str:  # noqa: ARG002  (for a kind that writes something else)
        return value

    def _canonical(self, column: Column, value: str) -> str:
        if fault := column.fault(value):
            raise ValueError(fault)
        return column.canonical(value)


class Values(_LabelFirst):
    """The features are their canonical values."""

    name = "values"


class Ranks(_LabelFirst):
    """A category is its rank in the contract's order, as Spark's indexers write it (``2.0``); a number is itself."""

    name = "ranks"

    def _value(self, column: Column, value: str) -> str:
        return str(float(column.categories.index(value))) if isinstance(column, Categories) else value

    def _canonical(self, column: Column, value: str) -> str:
        return _category(column, value) if isinstance(column, Categories) else super()._canonical(column, value)


def _category(column: Categories, rank: str) -> str:
    """The category of this rank. ValueError if there is none."""
    try:
        place = float(rank)
    except ValueError:
        place = -1.0
    if not place.is_integer() or not 0 <= place < len(column.categories):
        raise ValueError(f"{column.name} is {rank[:200]!r}, expected a rank from 0 to {len(column.categories) - 1}")
    return column.categories[int(place)]


VALUES, RANKS = Values(), Ranks()
TRAINING_ROWS: Mapping[str, TrainingRows] = {each.name: each for each in (VALUES, RANKS)}


def rows_of_kind(lines: Sequence[str], kind: str, dataset: Dataset) -> list[tuple[str, ...]]:
    """The features of each line. ValueError for an unknown kind, or for a line that is no row of it."""
    if kind not in TRAINING_ROWS:
        raise ValueError(
            f"there are no training rows of the kind {kind!r}; known are {', '.join(sorted(TRAINING_ROWS))}"
        )
    return [TRAINING_ROWS[kind].features(line, dataset) for line in lines]
