"""The data contract: every row has the named columns, and every value is allowed in its column.

Some checks need the whole file: its header, its row numbers, the number of undocumented codes, and whether features and
labels belong together.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_init.columns import Categories
from ml_init.fetch import fetch
from ml_init.formats import FORMATS
from ml_steps.running import StepError, say, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ml_init.dataset import Dataset
    from ml_init.formats import Line

NAMED_IN_MESSAGE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedRows:
    """The rows that keep the contract, as canonical values, features then label; and the faults of the others."""

    rows: tuple[tuple[str, ...], ...]
    bad: tuple[str, ...]

    @property
    def good(self) -> int:
        return len(self.rows)


def fetch_checked(dataset: Dataset, folder: Path, stored: Callable[[], bytes | None]) -> tuple[bytes, CheckedRows]:
    """The data set's file unchanged, and its rows that keep the contract. For the other arguments, see ``fetch``.

    Raises StepError as ``fetch`` and ``check_file`` do.
    """
    with tempfile.TemporaryDirectory() as into:
        with timed("fetched"):
            path = fetch(dataset.file, folder=folder, into=Path(into), stored=stored)
        with timed("checked against the data contract"):
            checked = check_file(path, dataset)
            say(f"  {checked.good} good rows")
        return path.read_bytes(), checked


def check_file(path: Path, dataset: Dataset) -> CheckedRows:
    """``check`` for a file."""
    return check(path.name, path.read_bytes(), dataset)


def check(name: str, content: bytes, dataset: Dataset) -> CheckedRows:
    """Check a file's content against the contract, and log every bad row (file, line, value).

    Raises StepError for an empty file, for a file that lacks a column in every row, if more than the allowed share of
    the rows is bad, and for a fault of the file as a whole.
    """
    lines = FORMATS[dataset.file.format].lines(name, content, dataset)
    places = [dataset.file_columns.index(column.name) for column in dataset.columns]
    faults = [_fault(line, places, dataset) for line in lines]
    bad = tuple(f"{name}:{line.number}: {fault}" for line, fault in zip(lines, faults, strict=True) if fault)
    for fault in bad:
        say(f"  bad row: {fault}")
    _check_share(name, bad, len(lines), dataset)
    good = [
        [line.values[place] for place in places] for line, fault in zip(lines, faults, strict=True) if fault is None
    ]
    _check_whole(name, lines, good, dataset)
    rows = tuple(
        tuple(column.canonical(value) for column, value in zip(dataset.columns, values, strict=True)) for values in good
    )
    _check_associations(name, rows, dataset)
    return CheckedRows(rows=rows, bad=bad)


def _fault(line: Line, places: Sequence[int], dataset: Dataset) -> str | None:
    """The fault of a row, or None."""
    if line.fault is not None:
        return line.fault
    faults = (column.fault(line.values[place]) for column, place in zip(dataset.columns, places, strict=True))
    return "; ".join(fault for fault in faults if fault) or None


def _check_share(name: str, bad: Sequence[str], rows: int, dataset: Dataset) -> None:
    share = len(bad) / rows
    if share > dataset.bad_share_allowed:
        named = "".join(f"\n  {fault}" for fault in bad[:NAMED_IN_MESSAGE])
        more = f"\n  … and {len(bad) - NAMED_IN_MESSAGE} more, all in the log" if len(bad) > NAMED_IN_MESSAGE else ""
        raise StepError(
            f"{name}: {len(bad)} of {rows} rows ({share:.2%}) break the data contract, "
            f"{dataset.bad_share_allowed:.2%} are allowed.{named}{more}\n"
            "Correct the rows, or dataset.toml if these values are right."
        )


def _check_whole(name: str, lines: Sequence[Line], rows: list[list[str]], dataset: Dataset) -> None:
    """Row numbers, including those of bad rows, and undocumented codes that occur too often."""
    faults = [*_row_numbers(lines, dataset), *_recoded(rows, dataset)]
    if faults:
        raise StepError("\n  ".join([f"{name} breaks the data contract as a whole:", *faults]))


def _row_numbers(lines: Sequence[Line], dataset: Dataset) -> Iterator[str]:
    """Each number once, from 1 on: this finds a row that was lost, duplicated or joined to a wrong number."""
    if dataset.identifier is None:
        return
    place = dataset.file_columns.index(dataset.identifier)
    numbers = [line.values[place] if place < len(line.values) else "" for line in lines]
    found = Counter(numbers)
    expected = {str(number) for number in range(1, len(numbers) + 1)}
    for title, wrong in (
        ("missing", expected - found.keys()),
        ("not expected", found.keys() - expected),
        ("there more than once", {number for number, count in found.items() if count > 1}),
    ):
        if wrong:
            shown = ", ".join(sorted(wrong, key=lambda text: (len(text), text))[:NAMED_IN_MESSAGE])
            yield f"{dataset.identifier} 1 to {len(numbers)}: {len(wrong)} {title} ({shown})"


def _recoded(rows: list[list[str]], dataset: Dataset) -> Iterator[str]:
    """Undocumented codes count as a documented one, up to the number of rows that dataset.toml allows."""
    for place, column in enumerate(dataset.columns):
        for recoding in column.recoded if isinstance(column, Categories) else ():
            count = sum(values[place] == recoding.code for values in rows)
            say(f"  {column.name} {recoding.code} taken for {recoding.taken_for}: {count} rows")
            if count > recoding.rows_allowed:
                yield (
                    f"{column.name} is {recoding.code}, an undocumented code, in {count} rows; "
                    f"{recoding.rows_allowed} are known of"
                )


def _check_associations(name: str, rows: Sequence[tuple[str, ...]], dataset: Dataset) -> None:
    """If features and labels come in different orders, each row is valid; only together they make no sense."""
    names = [column.name for column in dataset.columns]
    for wanted in dataset.associations:
        place = names.index(wanted.column)
        labels = [dataset.truth_of(row) for row in rows if row[place] and float(row[place]) >= wanted.at_least]
        share = labels.count(wanted.label) / len(labels) if labels else 0.0
        rule = f"of {len(labels)} rows with {wanted.column} ≥ {wanted.at_least}, {share:.1%} are {wanted.label}"
        say(f"  {rule}")
        if share < wanted.share:
            raise StepError(
                f"{name}: {rule}, expected at least {wanted.share:.1%}: "
                "features and labels do not belong together. Were they joined in different orders?"
            )
