"""A data set, as its ``dataset.toml`` describes it. The Glue job reads that file too."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Above this limit, a float cannot tell whole numbers apart.
_INTEGER_LIMIT = 2**53
#: How a number is written: digits, a point, an exponent.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class Column(Protocol):
    """A column of the file: its allowed values, and how each is written."""

    @property
    def name(self) -> str: ...

    @property
    def catalog_type(self) -> str:
        """The type that Glue's crawler infers for a column of these values. As this type, no two of them are equal."""

    def fault(self, value: str) -> str | None:
        """The fault of a value, or None."""

    def canonical(self, value: str) -> str:
        """The canonical form of a good value: equal rows are equal text, whoever wrote the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recoding:
    """An undocumented code, and the category that it counts as."""

    code: str
    taken_for: str
    #: How many rows of the file may have it: if more do, the code has acquired a meaning.
    rows_allowed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Categories:
    """A column of categories, in the order of their meaning: a category's index is its rank."""

    name: str
    categories: tuple[str, ...]
    recoded: tuple[Recoding, ...] = ()

    @property
    def catalog_type(self) -> str:
        """``bigint`` if each category is a whole number in canonical form: as a number, ``01`` would be ``1``."""
        return "bigint" if all(str(_whole(category)) == category for category in self.categories) else "string"

    def fault(self, value: str) -> str | None:
        if value in self.categories or any(value == recoding.code for recoding in self.recoded):
            return None
        return f"{self.name} is {value!r}, expected one of {', '.join(self.categories)}"

    def canonical(self, value: str) -> str:
        return next((recoding.taken_for for recoding in self.recoded if recoding.code == value), value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integers:
    """A column of whole numbers from ``low`` to ``high``, in any notation: ``5.00E+05`` is ``500000``."""

    name: str
    low: int
    high: int

    @property
    def catalog_type(self) -> str:
        return "bigint"

    def fault(self, value: str) -> str | None:
        number = _whole(value)
        if number is None:
            return f"{self.name} is {value!r}, expected a whole number"
        if not self.low <= number <= self.high:
            return f"{self.name} is {value!r}, expected {self.low} to {self.high}"
        return None

    def canonical(self, value: str) -> str:
        return str(_whole(value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decimals:
    """A column of numbers from ``low`` to ``high``, in any notation: ``1.50`` is ``1.5``."""

    name: str
    low: float
    high: float

    @property
    def catalog_type(self) -> str:
        return "double"

    def fault(self, value: str) -> str | None:
        number = _number(value)
        if number is None:
            return f"{self.name} is {value!r}, expected a number"
        if not self.low <= number <= self.high:
            return f"{self.name} is {value!r}, expected {self.low} to {self.high}"
        return None

    def canonical(self, value: str) -> str:
        """The shortest text that reads back as the same 64-bit number; there is only one zero."""
        return repr((_number(value) or 0.0) + 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """The only file of the data set, and its ``sources``, which are tried in order."""

    name: str
    sources: tuple[str, ...]
    #: The hash of the file itself, even if a source has it compressed (``.gz``).
    sha256: str
    max_bytes: int
    #: The exact first line of the file; None if it has rows only.
    header: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """The shares of training and validation rows; the rest are test rows."""

    train: float
    validation: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Association:
    """A relation between a feature and the label that holds if the two belong together.

    Among the rows whose ``column`` is at least ``at_least``, the share with this ``label`` is at least ``share``.
    """

    column: str
    at_least: int
    label: str
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    name: str
    file: DataFile
    features: tuple[Column, ...]
    label: Categories
    shares: Shares
    bad_share_allowed: float
    #: The first column, if it numbers the rows from 1 on; it is no feature.
    identifier: str | None = None
    associations: tuple[Association, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of a row that keeps the contract: the features, then the label."""
        return (*self.features, self.label)

    @property
    def file_columns(self) -> tuple[str, ...]:
        """The names of the file's columns in its order."""
        names = tuple(column.name for column in self.columns)
        return names if self.identifier is None else (self.identifier, *names)

    @classmethod
    def read(cls, path: Path) -> Dataset:
        return cls.parse(path.read_text())

    @classmethod
    def parse(cls, text: str) -> Dataset:
        """Raises KeyError for a missing entry and ValueError for one that cannot be right."""
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
                header=file.get("header"),
            ),
            features=tuple(_column(entry) for entry in document["features"]),
            label=_categories(document["label"]),
            shares=shares,
            bad_share_allowed=rows["bad_share_allowed"],
            identifier=rows.get("identifier"),
            associations=tuple(Association(**entry) for entry in document.get("associations", ())),
        )


def _column(entry: Mapping[str, Any]) -> Column:
    """Categories; or numbers from ``low`` to ``high``, whole ones if both bounds are written as whole numbers."""
    if "categories" in entry:
        return _categories(entry)
    whole = all(isinstance(entry.get(bound), int) for bound in ("low", "high"))
    return Integers(**entry) if whole else Decimals(**entry)


def _categories(entry: Mapping[str, Any]) -> Categories:
    categories = Categories(
        name=entry["name"],
        categories=tuple(entry["categories"]),
        recoded=tuple(Recoding(**recoding) for recoding in entry.get("recoded", ())),
    )
    for recoding in categories.recoded:
        if recoding.taken_for not in categories.categories or recoding.code in categories.categories:
            raise ValueError(
                f"{categories.name}: the code {recoding.code} cannot be taken for {recoding.taken_for}; "
                f"the categories are {', '.join(categories.categories)}"
            )
    return categories


def _whole(value: str) -> int | None:
    """The text as a whole number, or None."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and abs(number) < _INTEGER_LIMIT else None


def _number(value: str) -> float | None:
    """The text as a number, or None. Python would also read ``1_000``, ``nan`` and digits of other scripts."""
    return float(value) if _NUMBER.fullmatch(value) and isfinite(float(value)) else None
