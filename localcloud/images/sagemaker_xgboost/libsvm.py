"""Rows of ``index:value`` pairs as a sparse matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix


def without_label(line: str) -> str:
    """A row without the label that may stand in front of its pairs."""
    first, _, rest = line.strip().partition(" ")
    return line if ":" in first else rest


def label_and_weight(line: str) -> tuple[float, float | None]:
    """``1`` and ``1:0.5``: a row's label, and its weight where it has one. Raises ValueError."""
    label, colon, weight = line.split(maxsplit=1)[0].partition(":")
    return float(label), float(weight) if colon else None


def matrix(lines: list[str]) -> csr_matrix:
    """Parses rows. Like the container, shifts indices that start at 1 to 0. Raises ValueError for a bad pair."""
    pairs = [
        (row, int(index), float(value))
        for row, line in enumerate(lines)
        for index, _, value in (token.partition(":") for token in line.split())
    ]
    if not pairs:
        raise ValueError("no line has a feature (index:value)")
    rows, columns, values = (np.array(part) for part in zip(*pairs, strict=True))
    if columns.min() >= 1:
        columns = columns - 1
    return csr_matrix((values, (rows, columns)), shape=(len(lines), columns.max() + 1))
