"""What a data set is: read from its ``dataset.toml``, which the Glue job reads too."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of categories, in the order of their meaning: a category's index is its rank."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """The one file of the data set, and where it may be had; ``sources`` are tried in order."""

    name: str
    sources: tuple[str, ...]
    sha256: str
    max_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """The shares of training and validation rows; the rest are test rows."""

    train: float
    validation: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    name: str
    file: DataFile
    features: tuple[Column, ...]
    label: Column
    shares: Shares
    bad_share_allowed: float

    @property
    def columns(self) -> tuple[Column, ...]:
        """The file's columns in its order: the features, then the label."""
        return (*self.features, self.label)

    @classmethod
    def read(cls, path: Path) -> Dataset:
        return cls.parse(path.read_text())

    @classmethod
    def parse(cls, text: str) -> Dataset:
        """Raises KeyError for what is missing and ValueError for what cannot be right."""
        document = tomllib.loads(text)
        file, rows = document["file"], document["rows"]
        shares = Shares(train=rows["train_share"], validation=rows["validation_share"])
        if not (shares.train > 0 and shares.validation > 0 and shares.train + shares.validation < 1):
            raise ValueError(f"train_share {shares.train} and validation_share {shares.validation} leave no test rows")
        return cls(
            name=document["name"],
            file=DataFile(
                name=file["name"],
                sources=tuple(file["sources"]),
                sha256=file["sha256"],
                max_bytes=file["max_bytes"],
            ),
            features=tuple(_column(entry) for entry in document["features"]),
            label=_column(document["label"]),
            shares=shares,
            bad_share_allowed=rows["bad_share_allowed"],
        )


def _column(entry: dict[str, list[str] | str]) -> Column:
    return Column(name=str(entry["name"]), categories=tuple(entry["categories"]))
