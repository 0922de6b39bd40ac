"""The files of a training channel: which of them the container reads, and what it looks at before XGBoost reads them.

From the container's source (github.com/aws/sagemaker-xgboost-container, ``data_utils.py``).
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from hyperparameters import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: The channel's own folder is the first.
_DEEPEST_FOLDER = 3
_SNIPPET = 50


def files_of(folder: Path) -> list[Path]:
    """What is read: the files down to the third folder. UserError for a hidden one; empty where there is no data."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if any(path.name.startswith(".") for path in found):
        raise UserError("Hidden file found in the data path! Remove that before training.")
    if not any(path.stat().st_size for path in found):
        return []
    read = [path for path in found if len(path.relative_to(folder).parts) <= _DEEPEST_FOLDER]
    if len(read) < len(found):
        print(
            f"The depth of folder {folder} exceed the limit {_DEEPEST_FOLDER}. Files in deeper sub dirs won't be "
            "loaded. Please adjust the folder structure accordingly.",
            flush=True,
        )
    return read


def check(folder: Path, kind: str) -> None:
    """UserError for a file that is not of the format ``kind``. Like the container, looks into one folder alone."""
    for path in _looked_at(folder):
        if kind == "csv":
            with path.open(errors="ignore") as lines:
                delimiter_of(lines.readline())
        elif kind == "libsvm":
            _check_libsvm(path)


def delimiter(files: Sequence[Path]) -> str:
    """What stands between the columns, by the first line of the first file that has one."""
    for path in files:
        if path.stat().st_size:
            with path.open() as lines:
                found = delimiter_of(lines.readline())
            print(f"Determined delimiter of CSV input is '{found}'", flush=True)
            return found
    return delimiter_of("")


def delimiter_of(line: str) -> str:
    """As Python's ``csv.Sniffer`` finds it, which of ``0|1|2`` takes the wrong one, or UserError."""
    try:
        return csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:_SNIPPET]}:\n{error}") from error


def _looked_at(folder: Path) -> list[Path]:
    """The data files of the first folder that has no other in it."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    if inside:
        return _looked_at(inside[0])
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith("_")
        and not (".cache" in path.name and ("dtrain" in path.name or "dval" in path.name))
    ]


def _check_libsvm(path: Path) -> None:
    """Reads on until a line has two pairs."""
    with path.open(errors="ignore") as lines:
        for line in lines:
            pairs = _pairs(line)
            if pairs < 0:
                raise UserError(
                    f"First line '{line[:_SNIPPET]}...' of file '{path.name}' is not 'LIBSVM' format. Please ensure "
                    "the file is in 'LIBSVM' format."
                )
            if pairs > 1:
                return


def _pairs(line: str) -> int:
    """How many pairs follow the label; -1 for what is no line of libsvm."""
    label, *pairs = line.split(" ")
    parts = label.split(":")
    if len(parts) > 2 or not all(map(_is_number, parts)):
        return -1
    if any(":" not in pair for pair in pairs) or (pairs and pairs[0].count(":") != 1):
        return -1
    return len(pairs)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
