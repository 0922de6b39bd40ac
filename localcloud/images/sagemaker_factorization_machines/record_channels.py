"""The records of a channel, or of a request, as one sparse matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from built_in import CustomerError
from fitting import Rows
from recordio import VALUES, Record, RecordIoError, Tensor, read
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


def read_channel(folder: Path, width: int, *, binary: bool) -> Rows:
    """All files of a channel, by their names' order; raises CustomerError with the file at fault."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    records: list[Record] = []
    for path in files:
        try:
            records += read(path.read_bytes(), path.name)
        except RecordIoError as error:
            raise CustomerError(
                f"Unable to read data channel '{folder.name}'. Requested content-type is "
                f"'application/x-recordio-protobuf'. Please verify the data matches the requested content-type. {error}"
            ) from error
    if not records:
        raise CustomerError(f"Channel '{folder.name}' has no record.")
    try:
        rows = Rows(matrix((record.features.get(VALUES) for record in records), width), _labels(records))
    except ValueError as error:
        raise CustomerError(f"Channel '{folder.name}': {error}") from error
    wrong = np.flatnonzero((rows.labels != 0) & (rows.labels != 1))
    if binary and len(wrong):
        raise CustomerError(
            f"Channel '{folder.name}': the label of record {wrong[0]} is {rows.labels[wrong[0]]:g}. The predictor type "
            "binary_classifier learns the labels 0 and 1."
        )
    return rows


def matrix(tensors: Iterable[Tensor | None], width: int) -> csr_matrix:
    """Dense and sparse tensors of float32 as rows; ValueError with the record that does not fit."""
    values: list[NDArray[np.float32]] = []
    places: list[Any] = []
    ends = [0]
    for number, tensor in enumerate(tensors):
        if tensor is None:
            raise ValueError(f"record {number} has no features named {VALUES}")
        if tensor.values.dtype != np.float32:
            raise ValueError(
                f"record {number} has features of {tensor.values.dtype}; the algorithm takes float32 alone"
            )
        if not np.isfinite(tensor.values).all():
            raise ValueError(f"record {number} has a feature that is no number (nan or inf)")
        values.append(tensor.values)
        places.append(_places(number, tensor, width))
        ends.append(ends[-1] + len(tensor.values))
    rows = csr_matrix((np.concatenate(values), np.concatenate(places), np.array(ends)), shape=(len(ends) - 1, width))
    rows.sum_duplicates()
    return rows


def _places(number: int, tensor: Tensor, width: int) -> NDArray[np.int64]:
    if tensor.keys is None and not (tensor.shape and not len(tensor.values)):
        if len(tensor.values) != width:
            raise ValueError(f"record {number} has {len(tensor.values)} features, and feature_dim is {width}")
        return np.arange(width)
    if tensor.shape and tensor.shape[-1] != width:
        raise ValueError(f"record {number} has the shape {list(tensor.shape)}, and feature_dim is {width}")
    keys = np.array(tensor.keys or (), np.uint64)
    if len(keys) and keys.max() >= width:
        raise ValueError(f"record {number} has the key {keys.max()}, and feature_dim is {width}")
    return keys.astype(np.int64)


def _labels(records: list[Record]) -> NDArray[np.float32]:
    labels = np.empty(len(records), np.float32)
    for number, record in enumerate(records):
        tensor = record.label.get(VALUES)
        if tensor is None or len(tensor.values) != 1:
            raise ValueError(f"record {number} has {0 if tensor is None else len(tensor.values)} labels; it needs one")
        labels[number] = tensor.values[0]
    if not np.isfinite(labels).all():
        raise ValueError(f"the label of record {int(np.argmin(np.isfinite(labels)))} is no number (nan or inf)")
    return labels
