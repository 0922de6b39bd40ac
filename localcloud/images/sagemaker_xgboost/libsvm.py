"""Rows of ``index:value`` pairs as a sparse matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix


def matrix(lines: list[str]) -> csr_matrix:
    """Parses rows. Like the container, shifts indices that start at 1 to 0. Raises ValueError for a bad pair."""
    pairs = [
        (row, int(index), float(value))
        for row, line in enumerate(lines)
        for index, _, value in (token.partition(":") for token in line.split() if ":" in token)
    ]
    if not pairs:
        raise ValueError("no line has a feature (index:value)")
    rows, columns, values = (np.array(part) for part in zip(*pairs, strict=True))
    if columns.min() >= 1:
        columns = columns - 1
    return csr_matrix((values, (rows, columns)), shape=(len(lines), columns.max() + 1))
