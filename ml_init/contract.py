"""The data contract: every row has the named columns, and every value is one of its column's categories."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_init.step import StepError, say

if TYPE_CHECKING:
    from pathlib import Path

    from ml_init.dataset import Dataset

NAMED_IN_MESSAGE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedRows:
    """How many rows keep the contract, and what is wrong with each of those that do not."""

    good: int
    bad: tuple[str, ...]


def check_file(path: Path, dataset: Dataset) -> CheckedRows:
    """Check the file against the contract, and name every bad row (file, line, value) in the log.

    Raises StepError for an empty file, for a file that lacks a column in every row, and when more than the
    allowed share of the rows is bad.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines:
        raise StepError(f"{path.name} is empty ({path.stat().st_size} bytes, no rows).")
    _check_width(path.name, lines, dataset)
    bad = tuple(
        f"{path.name}:{number}: {fault}"
        for number, line in enumerate(lines, start=1)
        if (fault := row_fault(line, dataset)) is not None
    )
    for fault in bad:
        say(f"  bad row: {fault}")
    share = len(bad) / len(lines)
    if share > dataset.bad_share_allowed:
        named = "".join(f"\n  {fault}" for fault in bad[:NAMED_IN_MESSAGE])
        more = f"\n  … and {len(bad) - NAMED_IN_MESSAGE} more, all in the log" if len(bad) > NAMED_IN_MESSAGE else ""
        raise StepError(
            f"{path.name}: {len(bad)} of {len(lines)} rows ({share:.2%}) break the data contract, "
            f"{dataset.bad_share_allowed:.2%} are allowed.{named}{more}\n"
            "Correct the rows, or dataset.toml if these values are right."
        )
    return CheckedRows(good=len(lines) - len(bad), bad=bad)


def row_fault(line: str, dataset: Dataset) -> str | None:
    """What is wrong with a row, or None."""
    if not line:
        return "the line is empty"
    values = line.split(",")
    if len(values) != len(dataset.columns):
        return f"{len(values)} values, expected {len(dataset.columns)}: {line!r}"
    faults = [
        f"{column.name} is {value!r}, expected one of {', '.join(column.categories)}"
        for column, value in zip(dataset.columns, values, strict=True)
        if value not in column.categories
    ]
    return "; ".join(faults) or None


def _check_width(name: str, lines: list[str], dataset: Dataset) -> None:
    """Where nearly every row has the same wrong width, the file and not the row is at fault."""
    width, rows = Counter(line.count(",") + 1 for line in lines).most_common(1)[0]
    expected = len(dataset.columns)
    if width != expected:
        fault = "a column is missing" if width < expected else "there is a column too many"
        raise StepError(
            f"{name}: {rows} of {len(lines)} rows have {width} values, expected {expected} "
            f"({', '.join(column.name for column in dataset.columns)}): {fault}. First row: {lines[0]!r}"
        )
