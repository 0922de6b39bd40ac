"""A table of values: its split, and its rows as a file for training, for a workload that needs no Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.data import SPLITS
from ml_init.row_identity import identity
from ml_init.split import split_of
from ml_init.training_rows import VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_init.dataset import Dataset

Row = tuple[str, ...]


def split_rows(rows: Sequence[Row], dataset: Dataset) -> dict[str, list[Row]]:
    """The rows (features, then label) of each split, in the order of their identities: it depends on the data alone."""
    parts: dict[str, list[Row]] = {name: [] for name in SPLITS}
    for row in sorted(rows, key=lambda row: (identity(row[:-1]), row)):
        parts[split_of(row[:-1], dataset.shares)].append(row)
    return parts


def csv_of(rows: Sequence[Row], dataset: Dataset) -> str:
    """The rows as training reads them: the features are their values."""
    return "".join(f"{VALUES.written(row, dataset)}\n" for row in rows)


def label_counts(rows: Sequence[Row], dataset: Dataset) -> dict[str, int]:
    labels = [row[-1] for row in rows]
    return {label: labels.count(label) for label in dataset.label.categories}
