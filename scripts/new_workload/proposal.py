"""What is proposed for a file: its data contract, its split, and a gate whose margin its test rows can support."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from handover.data import SPLITS, TEST
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.table import label_counts, split_rows
from scripts.new_workload import power
from scripts.new_workload.columns import Proposed, proposed
from scripts.new_workload.label import Label, label_of
from scripts.new_workload.toml_text import table
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_init.table import Row
    from scripts.new_workload.csv_file import CsvFile

#: Of a file with fewer rows than this, more are tested: the test rows are too few to tell models apart.
FEW_ROWS = 5000
SHARES = {True: {"train_share": 0.6, "validation_share": 0.15}, False: {"train_share": 0.7, "validation_share": 0.15}}
SHARES_OF_LABEL = {"test_share_of_label": 0.25, "validation_share_of_label": 0.15}
LATENCY = {"p99_milliseconds": 500, "p99_ratio": 2.0, "slack_milliseconds": 25}
#: A check of all test rows one at a time takes no longer than this many.
ONE_AT_A_TIME = {"one_at_a_time": 500, "connections": 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """columns: all of the file but the label, in its order. parts: the split that the contract makes."""

    workload: str
    file: CsvFile
    label: Label
    columns: tuple[Proposed, ...]
    contract: str
    dataset: Dataset
    parts: Mapping[str, Sequence[Row]]
    #: Tables that another workload's gate.toml lends: ``latency``, ``load``.
    lent: Mapping[str, Mapping[str, Any]]

    @property
    def two_labels(self) -> bool:
        return len(self.label.counts) == 2

    @property
    def truth(self) -> list[str]:
        return [self.dataset.truth_of(row) for row in self.parts[TEST]]

    @property
    def metric(self) -> str:
        return "auc" if self.two_labels else "accuracy"

    @property
    def margin(self) -> float:
        if self.two_labels:
            return power.auc_margin(self.truth, self.label.rarest, self.dataset.labels)
        return power.accuracy_margin(self.truth, self.dataset.labels)

    def counts(self, part: str) -> dict[str, int]:
        """Label → its rows in a split."""
        return label_counts(self.parts[part], self.dataset)

    @property
    def can_have_a_door(self) -> bool:
        """Whether the API has a form for every column."""
        return not any(
            column.table and (column.table.get("missing") or "dates" in column.table) for column in self.columns
        )


def proposal(
    workload: str, file: CsvFile, *, label: str, licence: str, lent: Mapping[str, Mapping[str, Any]]
) -> Proposal:
    """NotThereError if the file has no label, or nothing to learn it from."""
    found = label_of(file, label)
    columns = tuple(proposed(name, file.column(name)) for name in file.names if name != found.name)
    if not any(column.table for column in columns):
        raise NotThereError(f"{file.name} has no column from which {found.name} could be learned.")
    for split in (SHARES[len(file.rows) < FEW_ROWS], SHARES_OF_LABEL):
        contract = dataset_text(workload, file, found, columns, split, licence)
        dataset = Dataset.of(tomllib.loads(contract))
        parts = split_rows(check(file.name, file.content, dataset).rows, dataset)
        if all(all(label_counts(parts[part], dataset).values()) for part in SPLITS):
            break
    else:
        raise NotThereError(f"{file.name} has too few rows: no split has every label in its test rows.")
    return Proposal(
        workload=workload,
        file=file,
        label=found,
        columns=columns,
        contract=contract,
        dataset=dataset,
        parts=parts,
        lent=lent,
    )


def dataset_text(
    workload: str,
    file: CsvFile,
    label: Label,
    columns: Sequence[Proposed],
    split: Mapping[str, float],
    licence: str,
) -> str:
    """The text of dataset.toml."""
    features = [column for column in columns if column.table]
    identifier = next((column.name for column in columns if column.identifier), None)
    usual = (*([identifier] if identifier else []), *(column.name for column in features), label.name)
    of_file: dict[str, Any] = {
        "name": file.name,
        "sources": [file.name],
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "max_bytes": _room(len(file.content)),
        **({"format": "quoted-csv"} if file.quoted else {}),
        **({"delimiter": file.delimiter} if file.delimiter != "," else {}),
        **({"header": file.header} if file.header is not None else {}),
        **({"columns": list(file.names)} if usual != file.names else {}),
    }
    rows = {"bad_share_allowed": 0.0, **({"identifier": identifier} if identifier else {}), **split}
    about = ["What the data are, proposed by their values. Read it: what is a wrong value, only you know."]
    wide = ["Ranges are wider than the file's values: they are to catch a wrong column or unit, not a new row."]
    parts = [
        table("", {"name": workload, "licence": licence}, about),
        table("[file]", of_file),
        table("[rows]", rows),
        *(table("[[features]]", column.table or {}, () if place else wide) for place, column in enumerate(features)),
        table("[label]", {"name": label.name, "categories": list(label.counts)}),
    ]
    return "\n".join(parts)


def gate_text(found: Proposal) -> str:
    """The text of gate.toml."""
    answers: dict[str, Any] = (
        {"kind": "probability", "of": found.label.rarest} if found.two_labels else {"kind": "classes"}
    )
    about = "The endpoint answers with the probability of " + (
        "this label." if found.two_labels else "each label, in the order of dataset.toml."
    )
    parts = [
        table("[answers]", answers, ["What a model must show before PROD serves it (docs/gate.md).", about]),
        table(
            "[comparison]",
            {"metric": found.metric, "margin": found.margin},
            [
                f"The smallest margin that {len(found.truth)} test rows support: a model as good as the champion is",
                "promoted in four of five cases, and an unchanged one always. With a smaller one it is held.",
            ],
        ),
        table(
            "# [floors]",
            {},
            [
                "What a model must reach, whatever the champion is. What it reaches, says",
                f"`make try-gate WORKLOAD={found.workload}`.",
            ],
        )
        + f"# {found.metric} = …\n",
        *(table(f"[{name}]", values) for name, values in found.lent.items()),
        table("[smoke]", {"requests": smoke(found)}, ["Answered by QA, and after the release by PROD alike."]),
    ]
    return "\n".join(parts)


def smoke(found: Proposal) -> list[str]:
    """A test row of each of the first two labels, as a caller sends it."""
    rows = {found.dataset.truth_of(row): row for row in reversed(found.parts[TEST])}
    return [",".join(found.dataset.features_of(rows[label])) for label in list(found.label.counts)[:2]]


def _room(size: int) -> int:
    """A larger file is another one: twice as much, in round numbers."""
    step: int = 10 ** (len(str(2 * size)) - 1)
    return ceil(2 * size / step) * step
