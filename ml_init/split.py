"""The three-way split, one class for each kind. dataset.toml says which, by its keys under ``[rows]``.

``Shares``: a row's place depends on its own features alone. Rows with equal features are in the same split, whatever
their labels: no copy of a training row is ever a test row. A row stays in its split when the file around it changes, so
that a model trained on earlier data has not learned the test rows of later data. No salt goes into the hash: there is
nothing to choose. ``spark_place`` is the same rule as a Spark column.

``FirstOf``: the first rows of each group, such as of each user, are tested. It keeps a published split; but a row that
is put before them moves others into another split.

``OfEachLabel``: the same shares of each label's rows, by the order of their hashes. With many labels and few rows of
each, shares of all rows would leave labels untested. Rows that come or go move a few others of their label.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from handover.data import TEST, TRAIN, VALIDATION
from handover.nearness import did_you_mean
from ml_init.row_identity import SEPARATOR, identity
from ml_steps.changes import LOOSER_IF_CHANGED, called
from ml_steps.strict import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from pyspark.sql import Column

    from ml_init.dataset import Dataset

#: The first half of a row's identity: 32 bits are enough for a place.
PLACE_DIGITS = 8
#: Behind every place that is written in so many digits.
BEHIND_ALL_DIGITS = "g"


class Split(Protocol):
    """A kind of split. ``KEYS``: its keys under ``[rows]``."""

    KEYS: ClassVar[tuple[str, ...]]

    def keys(self) -> dict[str, Any]:
        """Its keys with their values."""

    def check(self, dataset: Dataset) -> None:
        """ValueError if the data set does not have what the split needs."""

    def of_rows(self, rows: Sequence[Sequence[str]], identities: Sequence[str], dataset: Dataset) -> list[str]:
        """The split of each row of the file, in the file's order. identities: the rows', in the same order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """The shares of training and validation rows, by the hash of the row; the rest are test rows."""

    KEYS: ClassVar[tuple[str, ...]] = ("train_share", "validation_share")

    train: float = field(metadata=called("train_share", LOOSER_IF_CHANGED))
    validation: float = field(metadata=called("validation_share", LOOSER_IF_CHANGED))

    def __post_init__(self) -> None:
        if not (self.train > 0 and self.validation > 0 and self.train + self.validation < 1):
            raise ValueError(f"train_share {self.train} and validation_share {self.validation} leave no test rows")

    @classmethod
    def of(cls, keys: Mapping[str, Any]) -> Self:
        return cls(train=keys["train_share"], validation=keys["validation_share"])

    def keys(self) -> dict[str, Any]:
        return {"train_share": self.train, "validation_share": self.validation}

    def check(self, dataset: Dataset) -> None:
        """Every data set has rows with a hash."""

    def of_rows(
        self,
        rows: Sequence[Sequence[str]],  # noqa: ARG002  (the identities say it all)
        identities: Sequence[str],
        dataset: Dataset,  # noqa: ARG002
    ) -> list[str]:
        return [self.of_fraction(_fraction(each)) for each in identities]

    def of_fraction(self, place: float) -> str:
        """The split of a row at this place in [0, 1)."""
        if place < self.train:
            return TRAIN
        return VALIDATION if place < self.train + self.validation else TEST


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstOf:
    """Of each value of a column, the first rows in the file's order are test rows, and the next validation rows.

    A row with the features of an earlier one is where that one is.
    """

    KEYS: ClassVar[tuple[str, ...]] = ("first_of", "test_rows", "validation_rows")

    column: str = field(metadata=called("first_of", LOOSER_IF_CHANGED))
    test: int = field(metadata=called("test_rows", LOOSER_IF_CHANGED))
    validation: int = field(metadata=called("validation_rows", LOOSER_IF_CHANGED))

    def __post_init__(self) -> None:
        if self.test < 1 or self.validation < 1:
            raise ValueError(f"test_rows {self.test} and validation_rows {self.validation} must be 1 or more")

    @classmethod
    def of(cls, keys: Mapping[str, Any]) -> Self:
        return cls(column=keys["first_of"], test=keys["test_rows"], validation=keys["validation_rows"])

    def keys(self) -> dict[str, Any]:
        return {"first_of": self.column, "test_rows": self.test, "validation_rows": self.validation}

    def check(self, dataset: Dataset) -> None:
        names = [column.name for column in dataset.features]
        if self.column not in names:
            close = did_you_mean(self.column, names)
            said = f"[rows] first_of = {self.column!r}: expected one of {', '.join(names)}{close}"
            raise Fault(said, ("rows",), "first_of")

    def of_rows(self, rows: Sequence[Sequence[str]], identities: Sequence[str], dataset: Dataset) -> list[str]:
        place = [column.name for column in dataset.features].index(self.column)
        seen: Counter[str] = Counter()
        known: dict[str, str] = {}
        for row, own in zip(rows, identities, strict=True):
            if own not in known:
                known[own] = self._at(seen[row[place]])
                seen[row[place]] += 1
        return [known[own] for own in identities]

    def _at(self, earlier: int) -> str:
        if earlier < self.test:
            return TEST
        return VALIDATION if earlier < self.test + self.validation else TRAIN


@dataclass(frozen=True, kw_only=True, slots=True)
class OfEachLabel:
    """The shares of each label's rows that are test and validation rows, at least one of each; the rest is learned.

    A label's rows are in the order of their hashes. Rows with equal features are in one split, that of the first one's
    label.
    """

    KEYS: ClassVar[tuple[str, ...]] = ("test_share_of_label", "validation_share_of_label")

    test: float = field(metadata=called("test_share_of_label", LOOSER_IF_CHANGED))
    validation: float = field(metadata=called("validation_share_of_label", LOOSER_IF_CHANGED))

    def __post_init__(self) -> None:
        if not (self.test > 0 and self.validation > 0 and self.test + self.validation < 1):
            raise ValueError(
                f"test_share_of_label {self.test} and validation_share_of_label {self.validation}: "
                "they leave nothing to learn"
            )

    @classmethod
    def of(cls, keys: Mapping[str, Any]) -> Self:
        return cls(test=keys["test_share_of_label"], validation=keys["validation_share_of_label"])

    def keys(self) -> dict[str, Any]:
        return {"test_share_of_label": self.test, "validation_share_of_label": self.validation}

    def check(self, dataset: Dataset) -> None:
        dataset.label_column()

    def of_rows(self, rows: Sequence[Sequence[str]], identities: Sequence[str], dataset: Dataset) -> list[str]:
        labelled: dict[str, list[str]] = {}
        known: set[str] = set()
        for row, own in zip(rows, identities, strict=True):
            if own not in known:
                labelled.setdefault(dataset.truth_of(row), []).append(own)
                known.add(own)
        found = {own: part for of_label in labelled.values() for own, part in self._of_label(sorted(of_label))}
        return [found[own] for own in identities]

    def _of_label(self, ordered: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The split of each row of a label. A label of two rows is tested and validated, and never learned."""
        tested, validated = (max(1, round(share * len(ordered))) for share in (self.test, self.validation))
        for place, own in enumerate(ordered):
            if place < tested:
                yield own, TEST
            else:
                yield own, VALIDATION if place < tested + validated else TRAIN


def fraction(features: Sequence[str]) -> float:
    """A row's place in [0, 1): the first 32 bits of its identity."""
    return _fraction(identity(features))


def split_of(features: Sequence[str], shares: Shares) -> str:
    """``train``, ``validation`` or ``test``."""
    return shares.of_fraction(fraction(features))


def _fraction(row_identity: str) -> float:
    return int(row_identity[:PLACE_DIGITS], 16) / float(16**PLACE_DIGITS)


def spark_place(features: Sequence[str]) -> Column:
    """The place of a row of the named feature columns, computed by Spark: ``fraction``'s digits, in the same order."""
    from pyspark.sql import functions as F  # noqa: N812  (as everyone who writes Spark calls it)

    return F.substring(F.sha2(F.concat_ws(SEPARATOR, *features), 256), 1, PLACE_DIGITS)


def spark_split(place: Column, split: Split) -> Column:
    """The split of a column of places. ValueError for a kind that does not split by fractions."""
    from pyspark.sql import functions as F  # noqa: N812

    if not isinstance(split, Shares):
        raise ValueError(f"Spark splits by {' and '.join(Shares.KEYS)} only, not by {', '.join(split.KEYS)}")  # noqa: TRY004
    train, learned = _first_digits(split.train), _first_digits(split.train + split.validation)
    return F.when(place < train, TRAIN).when(place < learned, VALIDATION).otherwise(TEST)


def _first_digits(share: float) -> str:
    """The digits of the first place that is not below the share."""
    place = math.ceil(share * 16**PLACE_DIGITS)
    return f"{place:0{PLACE_DIGITS}x}" if place < 16**PLACE_DIGITS else BEHIND_ALL_DIGITS
