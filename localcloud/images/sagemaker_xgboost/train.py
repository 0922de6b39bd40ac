"""Trains like AWS's image sagemaker-xgboost:3.2-0 in algorithm mode.

It reads /opt/ml/input, prints a line of metrics in each round, and writes /opt/ml/model/xgboost-model. After a fault it
exits with a non-zero code and leaves the reason in /opt/ml/output/failure.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

import channel_files
import channels
from boosting import Boosting
from container import opt_ml
from content_types import check_code_channel, content_type_of_channel
from hyperparameters import UserError, validated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xgboost

_DATA = ("train", "validation")


def train(root: Path) -> None:
    """Raises UserError for faults that the user can correct."""
    config = root / "input" / "config"
    values = validated(json.loads((config / "hyperparameters.json").read_text()))
    given = json.loads((config / "inputdataconfig.json").read_text())
    kind = _checked_channels(given)
    values.pop("use_dask_gpu_training", None)
    weighted = values.pop("csv_weights", 0) == 1
    folders = {name: root / "input" / "data" / name for name in _DATA if name in given}
    data = _matrices(folders, kind, weighted=weighted)
    for name, matrix in data.items():
        print(f"{name.capitalize()} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns", flush=True)
    boosting = Boosting(root, values, data)
    if "_kfold" not in values:
        boosting.one_model()
    elif len(folders) == 1:
        boosting.folds(data["train"])
    else:
        both = channels.read(list(folders.values()), kind, weighted=weighted)
        boosting.folds(both if both is not None else data["train"])


def _checked_channels(given: Mapping[str, Mapping[str, Any]]) -> str:
    """The format of all data, which is the training channel's."""
    if "train" not in given:
        raise UserError("Missing required channel: train")
    for name, channel in given.items():
        if name == "code":
            check_code_channel(channel.get("ContentType"))
        elif name in _DATA:
            content_type_of_channel(channel.get("ContentType"), name)
        else:
            raise UserError(f"Extraneous channel found: {name}; the algorithm takes train and validation")
    return content_type_of_channel(given["train"].get("ContentType"), "train")


def _matrices(folders: Mapping[str, Path], kind: str, *, weighted: bool) -> dict[str, xgboost.DMatrix]:
    found = {}
    for folder in folders.values():
        if channel_files.files_of(folder):
            channel_files.check(folder, kind)
    for name, folder in folders.items():
        matrix = channels.read([folder], kind, weighted=weighted)
        if matrix is None:
            raise UserError(f"No data in {'training' if name == 'train' else name} channel path {folder}")
        found[name] = matrix
    return found


def main() -> None:
    root = opt_ml()
    try:
        train(root)
    except Exception as error:  # noqa: BLE001  (whatever it is, it belongs in the failure file)
        if isinstance(error, UserError):
            reason = f"ClientError: {error}"
            print(reason, file=sys.stderr, flush=True)
        else:
            reason = f"AlgorithmError: {channels.without_trace(error)}"
            traceback.print_exc()
        (root / "output").mkdir(parents=True, exist_ok=True)
        (root / "output" / "failure").write_text(reason)
        sys.exit(1)


if __name__ == "__main__":
    main()
