"""What the gate knows of a push's data by itself. The push's own data step has no say in it.

The commit's ``dataset.toml`` is a proposal, and untrusted text: it names a file by its SHA-256, the contract that the
file's rows keep, and the shares of the split. The data bucket has the file under that hash. This code reads the file,
applies the contract and splits the rows by the stated rule, so that test rows, truth, labels and baseline are what they
are whatever a data step says of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.data import LEARNED, SPLITS, TEST, TRAIN
from handover.places import raw_file
from ml_init.contract import check
from ml_init.row_identity import identity
from ml_init.table import split_rows
from ml_steps.objects import read_if_there
from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_init.dataset import Dataset
    from ml_init.table import Row


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownData:
    """parts: split → its rows (canonical values, features then label), in the order of their identities."""

    dataset: Dataset
    parts: Mapping[str, Sequence[Row]]

    @classmethod
    def read(cls, s3: Any, bucket: str, dataset: Dataset) -> KnownData:
        """The rows that a contract names. StepError that says what is missing, changed, or not as it should be."""
        rows = check(dataset.file.name, _content(s3, bucket, dataset), dataset).rows
        return cls(dataset=dataset, parts=split_rows(rows, dataset))

    @property
    def sha256(self) -> str:
        """Of the data set's file."""
        return self.dataset.file.sha256

    @property
    def seed(self) -> int:
        """For what the gate draws at random: it follows from the data, and nobody chose it."""
        return int(self.sha256[:16], 16)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.dataset.labels

    @property
    def features(self) -> tuple[str, ...]:
        """The names of a request's columns."""
        return tuple(column.name for column in self.dataset.features)

    def column(self, name: str, part: str) -> list[str]:
        """The values of a feature in a split's rows. ValueError for the name of none."""
        if name not in self.features:
            raise ValueError(f"gate.toml asks for the column {name!r}, but the rows have {', '.join(self.features)}")
        place = self.features.index(name)
        return [row[place] for row in self.parts[part]]

    @property
    def requests(self) -> list[str]:
        """The test rows as callers send them: their features."""
        return [",".join(self.dataset.features_of(row)) for row in self.parts[TEST]]

    @property
    def truth(self) -> list[str] | None:
        """Of each test row; None if the data have none."""
        return [self.dataset.truth_of(row) for row in self.parts[TEST]] if self.labels else None

    @property
    def labelled(self) -> tuple[str, list[str]] | None:
        """The label's name, and that of each test row; None if the data have none."""
        return (self.dataset.label.name, self.truth or []) if self.dataset.label else None

    @property
    def test_identities(self) -> list[str]:
        return [identity(self.dataset.features_of(row)) for row in self.parts[TEST]]

    @property
    def baseline_labels(self) -> list[str]:
        """The labels of the training rows: all that a baseline knows. Empty if the data have none."""
        return [self.dataset.truth_of(row) for row in self.parts[TRAIN]] if self.labels else []

    @property
    def learned_requests(self) -> list[str]:
        """The training rows as callers would send them."""
        return [",".join(self.dataset.features_of(row)) for row in self.parts[TRAIN]]

    def known_features(self) -> list[tuple[str, ...]]:
        """The features of all rows; those to learn come first."""
        return [self.dataset.features_of(row) for name in SPLITS for row in self.parts[name]]

    def to_learn(self) -> frozenset[str]:
        """The identities of the rows that a model may learn from and be tuned on."""
        return frozenset(identity(self.dataset.features_of(row)) for name in LEARNED for row in self.parts[name])


def _content(s3: Any, bucket: str, dataset: Dataset) -> bytes:
    """The data set's file, which the data step has stored under its hash."""
    file = dataset.file
    address = raw_file(bucket, file.sha256, file.name)
    content = read_if_there(s3, address)
    if content is None:
        raise StepError(
            f"There is no {address}. The data step stores the file there that the commit's dataset.toml names."
        )
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise StepError(f"{address} is another file: its SHA-256 is {found}. Nothing can be judged by it.")
    return content
