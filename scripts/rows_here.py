"""A workload's rows on this machine, checked and split as the data step does it. No cloud is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handover.data import LEARNED, Features
from ml_init.contract import fetch_checked
from ml_init.dataset import Dataset
from ml_init.table import label_counts, split_rows
from ml_init.training_rows import training_rows
from scripts.datasets import chosen_name, found
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_init.table import Row
    from ml_init.training_rows import TrainingRows


@dataclass(frozen=True, kw_only=True, slots=True)
class RowsHere:
    """parts: split → its rows (canonical values, features then label). kind: how they are written for training."""

    dataset: Dataset
    kind: TrainingRows
    parts: Mapping[str, Sequence[Row]]

    @classmethod
    def of(cls, workload: str) -> RowsHere:
        """SystemExit if Spark makes the features; StepError for a file that is not there, or breaks the contract."""
        spec = WORKLOADS[workload]
        if spec.glue:
            raise SystemExit(
                f"The features of {workload} are made by a Glue job, which runs on a cloud: "
                f"`make push WORKLOAD={workload}`."
            )
        dataset = Dataset.find(Path(), workload, chosen_name(workload))
        kind = training_rows(spec.data.training_rows)
        _, checked = fetch_checked(dataset, Path("ml_init") / workload, lambda: found(dataset.file))
        return cls(dataset=dataset, kind=kind, parts=split_rows(checked.rows, dataset))

    @property
    def features(self) -> Features:
        """What training is told of them."""
        return Features(
            splits={},
            content_type=self.kind.content_type,
            rows={name: len(part) for name, part in self.parts.items()},
            label_counts={name: label_counts(part, self.dataset) for name, part in self.parts.items()},
            labels=self.dataset.labels,
            features=tuple(column.name for column in self.dataset.features),
        )

    @property
    def written(self) -> dict[str, tuple[str, bytes]]:
        """Split → (file name, content) of what training reads."""
        return {name: (self.kind.file_name, self.kind.encode(self.parts[name], self.dataset)) for name in LEARNED}
