"""The training data of channels: CSV with the label first or libsvm, as XGBoost reads them itself, records, Parquet."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import channel_files
import numpy as np
import xgboost
from hyperparameters import UserError
from records import rows_and_labels

if TYPE_CHECKING:
    from collections.abc import Sequence


def read(folders: Sequence[Path], kind: str, *, weighted: bool) -> xgboost.DMatrix | None:
    """All files of the folders as one matrix, or None without data. UserError for what XGBoost does not read."""
    files = [path for folder in folders for path in channel_files.files_of(folder)]
    if not files:
        return None
    if kind == "recordio-protobuf":
        return _labelled(_records(files))
    if kind == "parquet":
        return _labelled(_columns(files))
    options = f"format={kind}"
    if kind == "csv":
        options += f"&label_column=0&delimiter={channel_files.delimiter(files)}{'&weight_column=1' if weighted else ''}"
    try:
        matrix = _read(files, options)
    except xgboost.core.XGBoostError as error:
        message = without_trace(error)
        names = ", ".join(path.name for path in files[:3]) + (", …" if len(files) > 3 else "")
        raise UserError(f"Failed to load {kind} data with exception:\n{message} ({names})") from error
    return _labelled(matrix)


def _labelled(matrix: xgboost.DMatrix) -> xgboost.DMatrix:
    if matrix.get_label().size == 0:
        raise UserError("Got input data without labels. Please check the input data set.")
    return matrix


def _records(files: Sequence[Path]) -> xgboost.DMatrix:
    """Of all files in one sequence."""
    try:
        rows, labels = rows_and_labels(b"".join(path.read_bytes() for path in files), files[0].name)
        return xgboost.DMatrix(rows, label=labels)
    except (ValueError, xgboost.core.XGBoostError) as error:
        raise UserError(f"Failed to load recordio-protobuf data with exception:\n{without_trace(error)}") from error


def _columns(files: Sequence[Path]) -> xgboost.DMatrix:
    """Of all files in one table, whose first column is the label, whatever it is called."""
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table([str(path) for path in files])
        cells = np.column_stack([column.to_numpy() for column in table.columns])
        return xgboost.DMatrix(cells[:, 1:], label=cells[:, 0])
    except (ValueError, TypeError, ArrowException, xgboost.core.XGBoostError) as error:
        raise UserError(f"Failed to load parquet data with exception:\n{without_trace(error)}") from error


def without_trace(error: Exception) -> str:
    """XGBoost's message without the addresses in its library, which tell a user nothing."""
    return str(error).partition("\nStack trace:")[0]


def _read(files: Sequence[Path], options: str) -> xgboost.DMatrix:
    """By links in one folder, as the container does: XGBoost splits a path at some characters of a file's name."""
    with tempfile.TemporaryDirectory(prefix="sagemaker_xgboost_input_data") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that reading text will end with some later version
        links = [Path(folder) / str(number) for number in range(len(files))]
        for link, path in zip(links, files, strict=True):
            link.symlink_to(path.resolve())
        return xgboost.DMatrix(f"{';'.join(map(str, links))}?{options}")
