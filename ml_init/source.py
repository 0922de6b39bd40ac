"""The source of features, and the interface of their makers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from handover.data import Features
    from ml_init.dataset import Dataset
    from ml_init.table import Row


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A data set whose rows keep the contract. ``folder``: the workload's own; ``bucket``: its data bucket.

    rows: in canonical form, features then label.
    """

    folder: Path
    dataset: Dataset
    rows: Sequence[Row]
    bucket: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The features, and what made them, for a person to read."""

    features: Features
    made_by: Mapping[str, str] = field(default_factory=dict)


class FeatureMaker(Protocol):
    """A kind of data step. Each kind is a file here; the variables that the stack sets select it."""

    def make(self, s3: Any, source: Source) -> Made:
        """Split the rows, make features from them, store both. It does not repeat work that is done already."""
