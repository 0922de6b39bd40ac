"""Documents of a channel, or of a request, as one sparse matrix of word counts: RecordIO-protobuf, CSV, JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from built_in import CustomerError
from json_records import JSON, JSON_LINES, tensors_of
from recordio import CONTENT_TYPE, VALUES, RecordIoError, Tensor, read
from scipy.sparse import csr_matrix, vstack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

CSV = "text/csv"


def read_channel(folder: Path, words: int, declared: str | None) -> csr_matrix:
    """All files of a channel, in the order of their names; raises CustomerError with the file at fault."""
    content_type = declared or CONTENT_TYPE
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    files = files_of(folder)
    parts = []
    for path in files:
        try:
            if kind == CSV:
                parts.append(csv_matrix(path.read_text(), words, labels=label_size(parameters)))
            else:
                parts.append(matrix((record.features.get(VALUES) for record in read(path.read_bytes())), words))
        except (RecordIoError, ValueError) as error:
            raise CustomerError(
                f"Unable to read data channel '{folder.name}'. Requested content-type is '{content_type}'. Please "
                f"verify the data matches the requested content-type. {path.name}: {error}"
            ) from error
    if not any(part.shape[0] for part in parts):
        raise CustomerError(f"Channel '{folder.name}' has no record.")
    return csr_matrix(vstack(parts))


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))


def label_size(parameters: Iterable[str]) -> int:
    """How many columns of a CSV file come before the features; 1 unless ``label_size`` says 0."""
    for parameter in parameters:
        found = re.fullmatch(r"label_size=(\d+)", parameter)
        if found is None or int(found[1]) > 1:
            raise ValueError(f"{parameter} is not supported; label_size is 0 or 1")
        return int(found[1])
    return 1


def of_request(body: bytes, kind: str, words: int) -> csr_matrix:
    """The documents of a request; ValueError, TypeError or KeyError for what is none. kind: a content type."""
    if kind == CSV:
        found = csv_matrix(body.decode(), words, labels=0)
    elif kind in {JSON, JSON_LINES}:
        found = matrix(tensors_of(body, kind), words)
    else:
        found = matrix((record.features.get(VALUES) for record in read(body)), words)
    if not found.shape[0]:
        raise ValueError("the payload has no record")
    return found


def csv_matrix(text: str, words: int, *, labels: int) -> csr_matrix:
    """A line a document, its counts in the order of the vocabulary, after so many labels."""
    lines = [line for line in text.splitlines() if line.strip()]
    rows = np.zeros((len(lines), words), np.float32)
    for number, line in enumerate(lines):
        fields = line.split(",")
        if len(fields) != words + labels:
            raise ValueError(
                f"line {number + 1} has {len(fields)} columns, and feature_dim is {words}"
                f"{' after the label (label_size=0: there is none)' if labels else ''}"
            )
        rows[number] = np.array([float(field) for field in fields[labels:]], np.float32)
    return _checked(csr_matrix(rows))


def matrix(tensors: Iterable[Tensor | None], words: int) -> csr_matrix:
    """Dense and sparse tensors as rows; ValueError with the record that does not fit."""
    values: list[NDArray[Any]] = []
    places: list[NDArray[np.int64]] = []
    ends = [0]
    for number, tensor in enumerate(tensors):
        if tensor is None:
            raise ValueError(f"record {number} has no features named {VALUES}")
        values.append(tensor.values.astype(np.float32))
        places.append(_places(number, tensor, words))
        ends.append(ends[-1] + len(tensor.values))
    empty: list[NDArray[Any]] = [np.zeros(0, np.float32)]
    rows = csr_matrix(
        (np.concatenate(values or empty), np.concatenate(places or empty).astype(np.int64), np.array(ends)),
        shape=(len(ends) - 1, words),
    )
    rows.sum_duplicates()
    return _checked(rows)


def _places(number: int, tensor: Tensor, words: int) -> NDArray[np.int64]:
    if tensor.keys is None and not (tensor.shape and not len(tensor.values)):
        if len(tensor.values) != words:
            raise ValueError(f"record {number} has {len(tensor.values)} features, and feature_dim is {words}")
        return np.arange(words)
    if tensor.shape and tensor.shape[-1] != words:
        raise ValueError(f"record {number} has the shape {list(tensor.shape)}, and feature_dim is {words}")
    keys = np.array(tensor.keys or (), np.uint64)
    if len(keys) and keys.max() >= words:
        raise ValueError(f"record {number} has the key {keys.max()}, and feature_dim is {words}")
    return keys.astype(np.int64)


def _checked(counts: csr_matrix) -> csr_matrix:
    wrong = ~np.isfinite(counts.data) | (counts.data < 0)
    if wrong.any():
        row = int(np.searchsorted(counts.indptr, np.flatnonzero(wrong)[0], side="right")) - 1
        raise ValueError(f"record {row} has the count {counts.data[wrong][0]}; a word occurs 0 times or more")
    return counts
