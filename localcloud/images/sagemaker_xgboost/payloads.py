"""A request's rows, as the container reads them: CSV of any delimiter, libsvm, or RecordIO-protobuf."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from content_types import content_type
from hyperparameters import UserError
from records import rows_and_labels
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOOKED_AT = 512


def rows(body: bytes, declared: str | None) -> NDArray[np.float32] | csr_matrix:
    """The payload as a matrix; raises UserError or ValueError in the container's words."""
    kind = content_type(declared)
    if kind == "parquet":
        raise UserError(f"Content-type {declared} is not supported.")
    try:
        if kind == "recordio-protobuf":
            return _finite(rows_and_labels(body)[0])
        text = body.strip().decode()
        return _of_csv(text) if kind == "csv" else _of_libsvm(text)
    except (ValueError, csv.Error) as error:
        raise ValueError(
            f"Loading {kind} data failed with Exception, please ensure data is in {kind} format:\n"
            f" {type(error)}\n {error}"
        ) from error


def delimiter_of(line: str) -> str:
    """As Python's ``csv.Sniffer`` finds it, and a comma for one number alone, of which it takes a digit."""
    if "," in line and '"' not in line and "'" not in line:
        return ","  # what the sniffer prefers in one line, at a hundredth of the time
    found = csv.Sniffer().sniff(line).delimiter
    return "," if found.isalnum() else found


def _of_csv(text: str) -> NDArray[np.float32] | csr_matrix:
    lines = text.split("\n")
    delimiter = delimiter_of(lines[0][:_LOOKED_AT])
    cells = [[float(cell or "nan") for cell in line.split(delimiter)] for line in lines]
    with np.errstate(over="ignore"):
        return _finite(np.array(cells, dtype=np.float32))


def _finite(matrix: NDArray[np.float32] | csr_matrix) -> NDArray[np.float32] | csr_matrix:
    """The matrix, if XGBoost takes its numbers."""
    if np.isinf(matrix if isinstance(matrix, np.ndarray) else matrix.data).any():
        raise ValueError("Input data contains `inf` or a value too large, while `missing` is not set to `inf`")
    return matrix


def _of_libsvm(text: str) -> csr_matrix:
    """Pairs; what has no colon, such as a label, is left out. Indices that start at 1 are shifted to 0."""
    pairs = [
        (row, int(index), float(value))
        for row, line in enumerate(text.split("\n"))
        for token in line.split(" ")
        if ":" in token
        for index, value in [token.split(":")[:2]]
    ]
    if not pairs:
        raise ValueError("no line has a feature (index:value)")
    places = np.array([(row, index) for row, index, _ in pairs])
    values = np.array([value for _, _, value in pairs], dtype=np.float32)
    columns = places[:, 1] - (1 if places[:, 1].min() >= 1 else 0)
    return _finite(csr_matrix((values, (places[:, 0], columns))))
