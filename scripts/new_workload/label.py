"""Which column is the label, and which values it has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handover.plain_text import number
from scripts.new_workload.columns import MISSING
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.new_workload.csv_file import CsvFile

#: How labels are often called.
USUAL = ("label", "target", "class", "y", "outcome", "diagnosis", "species", "quality")
MOST_LABELS = 20
#: With fewer rows of a label, not every split has one.
FEWEST_ROWS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """counts: label → its rows, in the contract's order."""

    name: str
    counts: dict[str, int]

    @property
    def rarest(self) -> str:
        """Of two labels, probably the event."""
        return min(self.counts, key=lambda label: self.counts[label])


def label_of(file: CsvFile, given: str) -> Label:
    """``given``: the column's name, or nothing. NotThereError if it is no label, or if none can be told."""
    if given:
        name = file.named(given)
        if name is None:
            raise NotThereError(f"LABEL={given} is no column of {file.name}: {', '.join(file.called)}.")
        if fault := _fault(file.column(name)):
            raise NotThereError(f"LABEL={given}: {fault}")
        return _label(file, name)
    usual = [name for name in file.names if name in USUAL]
    for name in (*usual, file.names[-1]):
        if not _fault(file.column(name)):
            return _label(file, name)
    fitting = [name for name in file.names if not _fault(file.column(name))]
    raise NotThereError(
        f"Which column of {file.name} is the label? The last one is not: {_fault(file.column(file.names[-1]))} "
        f"Say LABEL=…; it may be {' or '.join(fitting) or 'none of them'}."
    )


def _label(file: CsvFile, name: str) -> Label:
    counts = Counter(file.column(name))
    numeric = all(number(label) is not None for label in counts)
    ordered = sorted(counts, key=(lambda label: (number(label) or 0.0, label)) if numeric else str)
    return Label(name=name, counts={label: counts[label] for label in ordered})


def _fault(values: Sequence[str]) -> str:
    """Why these are no labels; empty if they are."""
    counts = Counter(values)
    if lacking := sum(counts[value] for value in MISSING if value in counts):
        return f"rows without one: {lacking}. Take them out of the file."
    if len(counts) > MOST_LABELS:
        return f"it has {len(counts)} different values, and a label has {MOST_LABELS} at the most."
    if len(counts) < 2:
        return "every row has the same one."
    rare = {label: count for label, count in counts.items() if count < FEWEST_ROWS}
    if rare:
        label, count = next(iter(rare.items()))
        return f"{label!r} has {count} rows, and {FEWEST_ROWS} are needed to learn, to validate and to test it."
    return ""
