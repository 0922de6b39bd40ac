"""What features are made of, and what makes them."""

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

    rows: in canonical writing, features then label.
    """

    folder: Path
    dataset: Dataset
    rows: Sequence[Row]
    bucket: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The features, and what made them, for a person."""

    features: Features
    made_by: Mapping[str, str] = field(default_factory=dict)


class FeatureMaker(Protocol):
    """A kind of data step. A kind is a file here, chosen by what the stack gives the step."""

    def make(self, s3: Any, source: Source) -> Made:
        """Split the rows, make features of them, store both; what is there already is not made again."""
