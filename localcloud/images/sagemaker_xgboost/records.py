"""Rows of RecordIO-protobuf, in full or sparse, as a matrix and their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import recordio
from scipy.sparse import csr_matrix, vstack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[Any]


def rows_and_labels(content: bytes, name: str = "the payload") -> tuple[Numbers | csr_matrix, Numbers | None]:
    """What has no features counts for nothing. Raises ValueError for rows of several widths, or without any."""
    rows: list[Numbers | csr_matrix] = []
    labels: list[Numbers] = []
    for record in recordio.read(content, name):
        tensor = record.features.get(recordio.VALUES)
        if tensor is None:
            continue
        rows.append(_row(tensor))
        if recordio.VALUES in record.label:
            labels.append(record.label[recordio.VALUES].values)
    if not rows:
        raise ValueError("No records found in RecordIO-Protobuf data")
    whole = np.vstack(rows) if all(isinstance(row, np.ndarray) for row in rows) else vstack(rows).tocsr()
    return whole.astype(np.float32), np.concatenate(labels) if labels else None


def _row(tensor: recordio.Tensor) -> Numbers | csr_matrix:
    if tensor.keys is None:
        return tensor.values.reshape(1, -1)
    width = tensor.shape[0] if tensor.shape else max(tensor.keys) + 1
    return csr_matrix((tensor.values, (np.zeros(len(tensor.keys), int), tensor.keys)), shape=(1, width))
