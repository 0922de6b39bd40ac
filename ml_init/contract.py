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

from handover import plain_text
from ml_init.dataset import Categories
from ml_init.fetch import fetch
from ml_steps.running import StepError, say, timed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ml_init.dataset import Dataset

NAMED_IN_MESSAGE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedRows:
    """The rows that keep the contract, as canonical values, features then label; and the faults of the others."""

    rows: tuple[tuple[str, ...], ...]
    bad: tuple[str, ...]

    @property
    def good(self) -> int:
        return len(self.rows)


def fetch_checked(dataset: Dataset, folder: Path) -> tuple[bytes, CheckedRows]:
    """The data set's file unchanged, and its rows that keep the contract. Relative sources start at ``folder``.

    Raises StepError as ``fetch`` and ``check_file`` do.
    """
    with tempfile.TemporaryDirectory() as into:
        with timed("fetched"):
            path = fetch(dataset.file, folder=folder, into=Path(into))
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
    lines = plain_text.lines(content.decode(encoding="utf-8", errors="replace"))
    first = 1 if dataset.file.header is None else 2
    _check_header(name, lines, dataset)
    lines = lines[first - 1 :]
    if not lines:
        raise StepError(f"{name} is empty ({len(content)} bytes, no rows).")
    _check_width(name, lines, dataset)
    faults = [row_fault(line, dataset) for line in lines]
    bad = tuple(f"{name}:{n}: {fault}" for n, fault in enumerate(faults, start=first) if fault is not None)
    for fault in bad:
        say(f"  bad row: {fault}")
    _check_share(name, bad, len(lines), dataset)
    good = [line.split(",") for line, fault in zip(lines, faults, strict=True) if fault is None]
    _check_whole(name, [line.partition(",")[0] for line in lines], good, dataset)
    skipped = len(dataset.file_columns) - len(dataset.columns)
    rows = tuple(
        tuple(column.canonical(value) for column, value in zip(dataset.columns, values[skipped:], strict=True))
        for values in good
    )
    _check_associations(name, rows, dataset)
    return CheckedRows(rows=rows, bad=bad)


def row_fault(line: str, dataset: Dataset) -> str | None:
    """The fault of a row, or None."""
    if not line:
        return "the line is empty"
    values = line.split(",")
    expected = len(dataset.file_columns)
    if len(values) != expected:
        return f"{len(values)} values, expected {expected}: {line!r}"
    values = values[expected - len(dataset.columns) :]
    faults = [column.fault(value) for column, value in zip(dataset.columns, values, strict=True)]
    return "; ".join(fault for fault in faults if fault) or None


def _check_header(name: str, lines: list[str], dataset: Dataset) -> None:
    """A file with its columns in another order has the same width, and its values may even fit."""
    header = dataset.file.header
    if header is not None and lines and lines[0] != header:
        raise StepError(f"{name}: the first line is {lines[0]!r}, expected the header {header!r}.")


def _check_width(name: str, lines: list[str], dataset: Dataset) -> None:
    """If nearly every row has the same wrong width, the file is at fault, not the row."""
    width, rows = Counter(line.count(",") + 1 for line in lines).most_common(1)[0]
    expected = len(dataset.file_columns)
    if width != expected:
        fault = "a column is missing" if width < expected else "there is a column too many"
        raise StepError(
            f"{name}: {rows} of {len(lines)} rows have {width} values, expected {expected} "
            f"({', '.join(dataset.file_columns)}): {fault}. First row: {lines[0]!r}"
        )


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


def _check_whole(name: str, numbers: list[str], rows: list[list[str]], dataset: Dataset) -> None:
    """Row numbers, including those of bad rows, and undocumented codes that occur too often."""
    faults = [*_row_numbers(numbers, dataset), *_recoded(rows, dataset)]
    if faults:
        raise StepError("\n  ".join([f"{name} breaks the data contract as a whole:", *faults]))


def _row_numbers(numbers: list[str], dataset: Dataset) -> Iterator[str]:
    """Each number once, from 1 on: this finds a row that was lost, duplicated or joined to a wrong number."""
    if dataset.identifier is None:
        return
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
    offset = len(dataset.file_columns) - len(dataset.columns)
    for place, column in enumerate(dataset.columns, start=offset):
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
        labels = [row[-1] for row in rows if int(row[place]) >= wanted.at_least]
        share = labels.count(wanted.label) / len(labels) if labels else 0.0
        rule = f"of {len(labels)} rows with {wanted.column} ≥ {wanted.at_least}, {share:.1%} are {wanted.label}"
        say(f"  {rule}")
        if share < wanted.share:
            raise StepError(
                f"{name}: {rule}, expected at least {wanted.share:.1%}: "
                "features and labels do not belong together. Were they joined in different orders?"
            )
