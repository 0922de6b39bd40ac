"""The training data of a channel as XGBoost reads it: CSV with the label first and no header, or libsvm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xgboost
from content_types import content_type_of_channel
from hyperparameters import UserError
from libsvm import label_and_weight, matrix

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


_DEEPEST_FOLDER = 3


def read_channel(folder: Path, declared_type: str | None, *, weighted: bool) -> xgboost.DMatrix:
    """All files of the channel as one matrix; raises UserError with the file and line at fault."""
    kind = content_type_of_channel(declared_type, folder.name)
    files = _files(folder)
    if not files or not any(path.stat().st_size for path in files):
        raise UserError(f"No data in {folder.name} channel path {folder}")
    if kind == "csv":
        return _csv(files, weighted=weighted)
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    try:
        labels, weights = zip(*map(label_and_weight, lines), strict=True)
        if None in weights and any(weight is not None for weight in weights):
            raise UserError("Failed to load libsvm data with exception:\nsome rows have a weight and others have none")
        features = matrix([" ".join(line.split()[1:]) for line in lines])
        given = None if None in weights else np.array(weights)
        return xgboost.DMatrix(features, label=np.array(labels), weight=given)
    except (ValueError, IndexError) as error:
        raise UserError(f"Failed to load libsvm data with exception:\n{error}") from error


def _files(folder: Path) -> list[Path]:
    """Like the container, reads three folders deep, and takes no hidden file for an accident."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in found):
        raise UserError("Hidden file found in the data path! Remove that before training.")
    return [
        path
        for path in found
        if not path.name.startswith("_") and len(path.relative_to(folder).parts) <= _DEEPEST_FOLDER + 1
    ]


def _csv(files: list[Path], *, weighted: bool) -> xgboost.DMatrix:
    rows = np.concatenate([_csv_rows(path) for path in files if path.stat().st_size])
    features = rows[:, 2:] if weighted else rows[:, 1:]
    if features.shape[1] == 0:
        raise UserError(
            f"Failed to load csv data with exception:\n{files[0].name} has {rows.shape[1]} columns: "
            "the label comes first, then at least one feature"
        )
    return xgboost.DMatrix(features, label=rows[:, 0], weight=rows[:, 1] if weighted else None)


def _csv_rows(path: Path) -> NDArray[np.float32]:
    """The numbers of one file. An empty field is a missing value."""
    try:
        return np.loadtxt(
            path,
            comments=None,
            delimiter=",",
            ndmin=2,
            dtype=np.float32,
            converters=lambda text: float(text) if text else np.nan,
        )
    except ValueError as error:
        raise UserError(f"Failed to load csv data with exception:\n{path.name}: {error}") from error
