"""A table of values: its split, and what is counted in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handover.data import SPLITS
from ml_init.row_identity import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml_init.dataset import Dataset

Row = tuple[str, ...]


def split_rows(rows: Sequence[Row], dataset: Dataset) -> dict[str, list[Row]]:
    """The rows (features, then label) of each split, in the order of their identities.

    rows: in the file's order.
    """
    parts: dict[str, list[Row]] = {name: [] for name in SPLITS}
    identities = [identity(dataset.features_of(row)) for row in rows]
    places = dataset.split.of_rows(rows, identities, dataset)
    for _, row, part in sorted(zip(identities, rows, places, strict=True)):
        parts[part].append(row)
    return parts


def label_counts(rows: Sequence[Row], dataset: Dataset) -> dict[str, int]:
    """The number of rows with each label; empty without a label."""
    labels = [dataset.truth_of(row) for row in rows] if dataset.labels else []
    return {label: labels.count(label) for label in dataset.labels}
