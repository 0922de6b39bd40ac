"""The columns of a data set: the allowed values of each, and how each value is written.

Each field states beside it what a change of its key means (``ml_steps.changes``). ``description``, ``unit`` and
``meanings`` are for people who ask the model; the API and its page show them (``handover/door.py``).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping  # noqa: TC003  (read_table asks for the types of the fields)
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from handover.images import SIGNATURES, format_of
from handover.plain_text import number
from ml_steps import changes
from ml_steps.changes import LOOSER_IF_CHANGED, LOOSER_IF_MORE, NEUTRAL, Effect
from ml_steps.strict import read_table

#: Above this limit, a float cannot tell whole numbers apart.
_INTEGER_LIMIT = 2**53
#: A date's number counts days from here.
_FIRST_DAY = datetime(1970, 1, 1)  # noqa: DTZ001  (a file's dates have no time zone)
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

    #: The code, as the file has it.
    code: str = field(metadata=LOOSER_IF_CHANGED)
    #: One of the column's categories.
    taken_for: str = field(metadata=LOOSER_IF_CHANGED)
    #: How many rows of the file may have it: if more do, the code has acquired a meaning.
    rows_allowed: int = field(metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        if self.rows_allowed < 0:
            raise ValueError(f"rows_allowed = {self.rows_allowed}: expected a number of 0 or above")


@dataclass(frozen=True, kw_only=True, slots=True)
class Categories:
    """A column of categories, in the order of their meaning: a category's index is its rank."""

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: All values, in the order of their meaning.
    categories: tuple[str, ...] = field(metadata=LOOSER_IF_CHANGED)
    #: Codes that no documentation knows.
    recoded: tuple[Recoding, ...] = field(default=(), metadata=changes.tables(by="code", added=Effect.LOOSER))
    #: The file's value → the category that it belongs to: several ratings may mean "liked".
    grouped: Mapping[str, str] = field(default_factory=dict, hash=False, metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)
    #: Category → its meaning, for codes that do not tell.
    meanings: Mapping[str, str] = field(default_factory=dict, hash=False, metadata=NEUTRAL)

    def __post_init__(self) -> None:
        if not self.categories:
            raise ValueError("categories = []: expected at least one")
        if twice := sorted({each for each in self.categories if self.categories.count(each) > 1}):
            raise ValueError(f"categories has {', '.join(twice)} twice")
        if strangers := sorted(set(self.meanings) - set(self.categories)):
            raise ValueError(f"{self.name}: {', '.join(strangers)} has a meaning, and is no category")
        if strangers := sorted(set(self.grouped.values()) - set(self.categories)):
            raise ValueError(f"{self.name}: values are grouped as {', '.join(strangers)}, which is no category")
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
        if (
            value in self.categories
            or value in self.grouped
            or any(value == recoding.code for recoding in self.recoded)
        ):
            return None
        return f"{self.name} is {value!r}, expected one of {', '.join((*self.grouped, *self.categories))}"

    def canonical(self, value: str) -> str:
        if value in self.grouped:
            return self.grouped[value]
        return next((recoding.taken_for for recoding in self.recoded if recoding.code == value), value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integers:
    """A column of whole numbers from ``low`` to ``high``, in any notation: ``5.00E+05`` is ``500000``."""

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: The least value.
    low: int = field(metadata=LOOSER_IF_CHANGED)
    #: The greatest value.
    high: int = field(metadata=LOOSER_IF_CHANGED)
    #: What the file has where there is no value, such as an empty text or ``NA``: the model gets an empty value.
    missing: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)
    #: The unit, for people who ask the model.
    unit: str = field(default="", metadata=NEUTRAL)

    def __post_init__(self) -> None:
        _check_bounds(self.low, self.high)

    @property
    def catalog_type(self) -> str:
        return "bigint"

    def fault(self, value: str) -> str | None:
        if is_missing(value, self.missing):
            return None
        number = _whole(value)
        if number is None:
            return f"{self.name} is {value!r}, expected a whole number"
        if not self.low <= number <= self.high:
            return f"{self.name} is {value!r}, expected {self.low} to {self.high}"
        return None

    def canonical(self, value: str) -> str:
        return "" if is_missing(value, self.missing) else str(_whole(value))


@dataclass(frozen=True, kw_only=True, slots=True)
class Decimals:
    """A column of numbers from ``low`` to ``high``, in any notation: ``1.50`` is ``1.5``."""

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: The least value.
    low: float = field(metadata=LOOSER_IF_CHANGED)
    #: The greatest value.
    high: float = field(metadata=LOOSER_IF_CHANGED)
    #: What the file has where there is no value, such as an empty text or ``NA``: the model gets an empty value.
    missing: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)
    #: The unit, for people who ask the model.
    unit: str = field(default="", metadata=NEUTRAL)

    def __post_init__(self) -> None:
        _check_bounds(self.low, self.high)

    @property
    def catalog_type(self) -> str:
        return "double"

    def fault(self, value: str) -> str | None:
        if is_missing(value, self.missing):
            return None
        found = number(value)
        if found is None:
            return f"{self.name} is {value!r}, expected a number"
        if not self.low <= found <= self.high:
            return f"{self.name} is {value!r}, expected {self.low} to {self.high}"
        return None

    def canonical(self, value: str) -> str:
        """The shortest text that reads back as the same 64-bit number; there is only one zero."""
        return "" if is_missing(value, self.missing) else repr((number(value) or 0.0) + 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """A column of dates as the file writes them. The model gets a number: the days since 1970-01-01.

    Whoever asks the model sends that number. With a time of day in the format, it has decimals.
    """

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: How the file writes a date, in the signs of Python's ``strptime``: ``%Y-%m-%d``, ``%d.%m.%Y %H:%M``.
    dates: str = field(metadata=LOOSER_IF_CHANGED)
    #: The first date that is allowed, written so.
    earliest: str = field(metadata=LOOSER_IF_CHANGED)
    #: The last one.
    latest: str = field(metadata=LOOSER_IF_CHANGED)
    #: What the file has where there is no date; the model gets an empty value.
    missing: tuple[str, ...] = field(default=(), metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)

    def __post_init__(self) -> None:
        for key in ("earliest", "latest"):
            if day_number(getattr(self, key), self.dates) is None:
                raise ValueError(f"{key} = {getattr(self, key)!r}: expected a date as {self.dates} writes it")
        low, high = self._bounds
        if low > high:
            raise ValueError(f"earliest = {self.earliest!r} is after latest = {self.latest!r}")

    @property
    def _bounds(self) -> tuple[float, float]:
        low, high = (day_number(each, self.dates) for each in (self.earliest, self.latest))
        return low or 0.0, high or 0.0

    @property
    def catalog_type(self) -> str:
        return "double" if "%H" in self.dates or "%I" in self.dates else "bigint"

    def fault(self, value: str) -> str | None:
        if is_missing(value, self.missing):
            return None
        found = self._number(value)
        if found is None:
            return f"{self.name} is {value!r}, expected a date as {self.dates} writes it"
        low, high = self._bounds
        return None if low <= found <= high else f"{self.name} is {value!r}, expected {self.earliest} to {self.latest}"

    def canonical(self, value: str) -> str:
        """The number of days; a number of days is one already."""
        found = None if is_missing(value, self.missing) else self._number(value)
        if found is None:
            return ""
        return str(int(found)) if found.is_integer() else repr(found)

    def _number(self, value: str) -> float | None:
        found = day_number(value, self.dates)
        return number(value) if found is None else found


def day_number(text: str, form: str) -> float | None:
    """The days since 1970-01-01 of a date in this form of ``strptime``, or None."""
    try:
        return (datetime.strptime(text, form).replace(tzinfo=None) - _FIRST_DAY) / timedelta(days=1)  # noqa: DTZ007
    except ValueError:
        return None


def is_missing(value: str, missing: tuple[str, ...]) -> bool:
    """Whether a column that may lack values has none here. Its canonical form, the empty text, always says so."""
    return bool(missing) and (not value or value in missing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A column of text, of ``longest`` characters at the most."""

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: The most characters; white space counts as one blank.
    longest: int = field(metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)

    def __post_init__(self) -> None:
        if self.longest < 1:
            raise ValueError(f"longest = {self.longest}: expected a number of 1 or above")

    @property
    def catalog_type(self) -> str:
        return "string"

    def fault(self, value: str) -> str | None:
        length = len(self.canonical(value))
        if not length:
            return f"{self.name} is empty, expected text"
        if length > self.longest:
            return f"{self.name} has {length} characters, expected at most {self.longest}: {value[:100]!r}…"
        return None

    def canonical(self, value: str) -> str:
        """One blank between words, whatever white space the file has there; none at the ends."""
        return " ".join(value.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A column of images, as base64 text. ``images``: the formats that are allowed, by the first bytes of a file."""

    #: The column's name.
    name: str = field(metadata=LOOSER_IF_CHANGED)
    #: The formats that are allowed, by the first bytes of a file.
    images: tuple[str, ...] = field(metadata=LOOSER_IF_CHANGED)
    #: The most bytes of the image itself.
    largest_bytes: int = field(metadata=LOOSER_IF_CHANGED)
    #: What the column is, for people who ask the model.
    description: str = field(default="", metadata=NEUTRAL)

    def __post_init__(self) -> None:
        if self.largest_bytes < 1:
            raise ValueError(f"largest_bytes = {self.largest_bytes}: expected a number of 1 or above")
        if not self.images:
            raise ValueError(f"images = []: expected {' or '.join(SIGNATURES)}")
        if unknown := sorted(set(self.images) - set(SIGNATURES)):
            raise ValueError(f"{self.name}: images = {', '.join(unknown)}: expected {' or '.join(SIGNATURES)}")

    @property
    def catalog_type(self) -> str:
        return "string"

    def fault(self, value: str) -> str | None:
        try:
            content = base64.b64decode(value, validate=True)
        except ValueError:
            return f"{self.name} is {value[:40]!r}…, expected an image in base64"
        if len(content) > self.largest_bytes:
            return f"{self.name} has {len(content)} bytes, expected at most {self.largest_bytes}"
        if format_of(content, self.images) is None:
            return (
                f"{self.name} begins with {content[:8]!r}, expected an image of the format {' or '.join(self.images)}"
            )
        return None

    def canonical(self, value: str) -> str:
        """There is one base64 text for an image; ``fault`` refuses all others but unused bits."""
        return base64.b64encode(base64.b64decode(value)).decode()


def _check_bounds(low: float, high: float) -> None:
    """ValueError if no number lies between them."""
    if low > high:
        raise ValueError(f"low = {low} is above high = {high}")


def column(entry: Mapping[str, Any]) -> Column:
    """A table of ``[[features]]``: categories; text; images; dates; or numbers from ``low`` to ``high``.

    Numbers are whole if both bounds are written as whole numbers.
    """
    if "categories" in entry:
        return read_table(Categories, entry, "features")
    if "images" in entry:
        return read_table(Image, entry, "features")
    if "longest" in entry:
        return read_table(Text, entry, "features")
    if "dates" in entry:
        return read_table(Dates, entry, "features")
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
