"""A data set, as its ``dataset.toml`` describes it: the data contract. The Glue job and the gate read that file too.

Each field states beside it what a change of its key means (``ml_steps.changes``). Another file, from another source, is
new data and no change of the contract. What decides which rows are tested, or what a value means, may not change
unseen.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from handover.plain_text import number
from ml_steps import changes
from ml_steps.changes import (
    ITS_OWN_FIELDS,
    LOOSER_IF_CHANGED,
    LOOSER_IF_LESS,
    LOOSER_IF_MORE,
    NEUTRAL,
    Effect,
    called,
)
from ml_steps.strict import plain, read_table, refuse_unknown, tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Above this limit, a float cannot tell whole numbers apart.
_INTEGER_LIMIT = 2**53
#: So many digits are always below it.
_SAFE_DIGITS = 15


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

    code: str = field(metadata=LOOSER_IF_CHANGED)
    taken_for: str = field(metadata=LOOSER_IF_CHANGED)
    #: How many rows of the file may have it: if more do, the code has acquired a meaning.
    rows_allowed: int = field(metadata=LOOSER_IF_MORE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Categories:
    """A column of categories, in the order of their meaning: a category's index is its rank."""

    name: str = field(metadata=LOOSER_IF_CHANGED)
    categories: tuple[str, ...] = field(metadata=LOOSER_IF_CHANGED)
    recoded: tuple[Recoding, ...] = field(default=(), metadata=changes.tables(by="code", added=Effect.LOOSER))

    def __post_init__(self) -> None:
        for recoding in self.recoded:
            if recoding.taken_for not in self.categories or recoding.code in self.categories:
                raise ValueError(
                    f"{self.name}: the code {recoding.code} cannot be taken for {recoding.taken_for}; "
                    f"the categories are {', '.join(self.categories)}"
                )

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

    name: str = field(metadata=LOOSER_IF_CHANGED)
    low: int = field(metadata=LOOSER_IF_CHANGED)
    high: int = field(metadata=LOOSER_IF_CHANGED)

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

    name: str = field(metadata=LOOSER_IF_CHANGED)
    low: float = field(metadata=LOOSER_IF_CHANGED)
    high: float = field(metadata=LOOSER_IF_CHANGED)

    @property
    def catalog_type(self) -> str:
        return "double"

    def fault(self, value: str) -> str | None:
        found = number(value)
        if found is None:
            return f"{self.name} is {value!r}, expected a number"
        if not self.low <= found <= self.high:
            return f"{self.name} is {value!r}, expected {self.low} to {self.high}"
        return None

    def canonical(self, value: str) -> str:
        """The shortest text that reads back as the same 64-bit number; there is only one zero."""
        return repr((number(value) or 0.0) + 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """The only file of the data set, and its ``sources``, which are tried in order."""

    name: str = field(metadata=NEUTRAL)
    sources: tuple[str, ...] = field(metadata=NEUTRAL)
    #: The hash of the file itself, even if a source has it compressed (``.gz``).
    sha256: str = field(metadata=NEUTRAL)
    max_bytes: int = field(metadata=NEUTRAL)
    #: The exact first line of the file; None if it has rows only.
    header: str | None = field(default=None, metadata=LOOSER_IF_CHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """The shares of training and validation rows; the rest are test rows."""

    train: float = field(metadata=called("train_share", LOOSER_IF_CHANGED))
    validation: float = field(metadata=called("validation_share", LOOSER_IF_CHANGED))

    def __post_init__(self) -> None:
        if not (self.train > 0 and self.validation > 0 and self.train + self.validation < 1):
            raise ValueError(f"train_share {self.train} and validation_share {self.validation} leave no test rows")


@dataclass(frozen=True, kw_only=True, slots=True)
class Association:
    """A relation between a feature and the label that holds if the two belong together.

    Among the rows whose ``column`` is at least ``at_least``, the share with this ``label`` is at least ``share``.
    """

    column: str = field(metadata=LOOSER_IF_CHANGED)
    at_least: int = field(metadata=LOOSER_IF_CHANGED)
    label: str = field(metadata=LOOSER_IF_CHANGED)
    share: float = field(metadata=LOOSER_IF_LESS)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """The table ``[rows]``."""

    train_share: float
    validation_share: float
    bad_share_allowed: float
    identifier: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    name: str = field(metadata=NEUTRAL)
    file: DataFile = field(metadata=ITS_OWN_FIELDS)
    features: tuple[Column, ...] = field(metadata=changes.tables(by="name", added=Effect.LOOSER, ordered=True))
    label: Categories = field(metadata=ITS_OWN_FIELDS)
    shares: Shares = field(metadata=called("rows", ITS_OWN_FIELDS))
    bad_share_allowed: float = field(metadata=called("rows bad_share_allowed", LOOSER_IF_MORE))
    #: The first column, if it numbers the rows from 1 on; it is no feature.
    identifier: str | None = field(default=None, metadata=called("rows identifier", LOOSER_IF_CHANGED))
    associations: tuple[Association, ...] = field(
        default=(), metadata=changes.tables(by="column", added=Effect.STRICTER)
    )
    licence: str = field(default="", metadata=NEUTRAL)

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
        """The text of a dataset.toml. ValueError if something is unknown, missing or impossible."""
        return cls.of(tomllib.loads(text))

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Dataset:
        """From a dataset.toml's tables, or from ``document``. ValueError as for ``parse``."""
        refuse_unknown(document, ("name", "licence", "file", "rows", "features", "label", "associations"))
        whole = read_table(_Names, {key: document[key] for key in ("name", "licence") if key in document}, "the file")
        rows = read_table(_Rows, document.get("rows", {}), "rows")
        return cls(
            name=whole.name,
            licence=whole.licence,
            file=read_table(DataFile, document.get("file", {}), "file"),
            features=tuple(_column(entry) for entry in tables(document.get("features"), "features")),
            label=read_table(Categories, document.get("label", {}), "label"),
            shares=Shares(train=rows.train_share, validation=rows.validation_share),
            bad_share_allowed=rows.bad_share_allowed,
            identifier=rows.identifier,
            associations=tuple(
                read_table(Association, entry, "associations")
                for entry in tables(document.get("associations", []), "associations")
            ),
        )

    def document(self) -> dict[str, Any]:
        """As the tables of a dataset.toml, in JSON values: ``of`` makes an equal contract of them."""
        rows = _Rows(
            train_share=self.shares.train,
            validation_share=self.shares.validation,
            bad_share_allowed=self.bad_share_allowed,
            identifier=self.identifier,
        )
        kept = {key: getattr(self, key) for key in ("name", "licence", "file", "features", "label", "associations")}
        document: dict[str, Any] = plain({**kept, "rows": rows})
        return document


@dataclass(frozen=True, kw_only=True, slots=True)
class _Names:
    """The keys above the first table."""

    name: str
    licence: str = ""


def _column(entry: Mapping[str, Any]) -> Column:
    """Categories; or numbers from ``low`` to ``high``, whole ones if both bounds are written as whole numbers."""
    if "categories" in entry:
        return read_table(Categories, entry, "features")
    whole = all(isinstance(entry.get(bound), int) for bound in ("low", "high"))
    return read_table(Integers, entry, "features") if whole else read_table(Decimals, entry, "features")


def _whole(value: str) -> int | None:
    """The text as a whole number, or None."""
    if (
        len(value) <= _SAFE_DIGITS and value.isascii() and value.isdecimal()
    ):  # most values; the rest takes twice as long
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() and abs(found) < _INTEGER_LIMIT else None
