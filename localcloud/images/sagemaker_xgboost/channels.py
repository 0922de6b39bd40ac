"""The training data of a channel as XGBoost reads it: CSV with the label first and no header, or libsvm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xgboost
from content_types import content_type
from hyperparameters import UserError
from libsvm import matrix

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read_channel(folder: Path, declared_type: str | None, *, weighted: bool) -> xgboost.DMatrix:
    """All files of the channel as one matrix; raises UserError with the file and line at fault."""
    kind = content_type(declared_type)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "_")))
    if not files or not any(path.stat().st_size for path in files):
        raise UserError(f"No data in {folder.name} channel path {folder}")
    if kind == "csv":
        return _csv(files, weighted=weighted)
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    try:
        labels = np.array([float(line.split()[0].partition(":")[0]) for line in lines])
        return xgboost.DMatrix(matrix([" ".join(line.split()[1:]) for line in lines]), label=labels)
    except (ValueError, IndexError) as error:
        raise UserError(f"Failed to load libsvm data with exception:\n{error}") from error


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
            path, delimiter=",", ndmin=2, dtype=np.float32, converters=lambda text: float(text) if text else np.nan
        )
    except ValueError as error:
        raise UserError(f"Failed to load csv data with exception:\n{path.name}: {error}") from error
