"""What each column of a file probably is: a table of ``[[features]]``, and a sentence that says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from handover.plain_text import number
from ml_init.columns import day_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: What files have where there is no value.
MISSING = frozenset({"", "NA", "N/A", "n/a", "na", "?", "nan", "NaN", "null", "NULL", "None", "-"})
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
#: With more different values than this, a column of text is no category.
MOST_CATEGORIES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """A column. table: its table in dataset.toml; None if it is no feature. said: what it was taken for, and why."""

    name: str
    said: str
    table: Mapping[str, Any] | None = None
    #: Whether it numbers the rows.
    identifier: bool = field(default=False)


def proposed(name: str, values: Sequence[str]) -> Proposed:
    """By its values alone."""
    kinds = Counter(values)
    if len(kinds) == 1:
        return Proposed(name=name, said=f"left out: every row has {values[0]!r}")
    if list(values) == [str(n) for n in range(1, len(values) + 1)]:
        return Proposed(name=name, said="numbers the rows, and is no feature", identifier=True)
    missing = [value for value in kinds if value in MISSING]
    present = [value for value in kinds if value not in MISSING]
    lacking = f"; {sum(kinds[value] for value in missing)} rows have none" if missing else ""
    more = {"missing": missing} if missing else {}
    for kind in (_date, _number):
        if (found := kind(present)) is not None:
            said, table = found
            return Proposed(name=name, said=said + lacking, table={"name": name, **table, **more})
    if len(present) <= MOST_CATEGORIES:
        said, table = _categories(present, missing)
        return Proposed(name=name, said=said + lacking, table={"name": name, **table})
    return Proposed(name=name, said=f"left out: text with {len(present)} different values")


def _date(values: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """Eight digits are rather a number than a date, unless all of them are dates of our time."""
    for form in DATES:
        if not all(_is_date(value, form) for value in values):
            continue
        ordered = sorted(values, key=lambda value: day_number(value, form) or 0.0)
        years = [datetime.strptime(each, form).year for each in (ordered[0], ordered[-1])]  # noqa: DTZ007
        bounds = [datetime(year, 1, 1) for year in (years[0] - 10, years[1] + 20)]  # noqa: DTZ001
        said = f"dates as {form} writes them, {ordered[0]} to {ordered[-1]}"
        earliest, latest = (bound.strftime(form) for bound in bounds)
        return said, {"dates": form, "earliest": earliest, "latest": latest}
    return None


def _is_date(value: str, form: str) -> bool:
    if day_number(value, form) is None:
        return False
    return form != "%Y%m%d" or (len(value) == 8 and "1900" <= value[:4] < "2100")


def _number(values: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    found = [number(value) for value in values]
    numbers = [each for each in found if each is not None]
    if len(numbers) < len(values):
        return None
    low, high = min(numbers), max(numbers)
    if all(each.is_integer() and abs(each) < 2**53 for each in numbers):
        whole = {"low": int(low), "high": int(high)} if {low, high} == {0.0, 1.0} else _wider(low, high, int)
        return f"whole numbers, {int(low)} to {int(high)}", whole
    return f"numbers, {low:g} to {high:g}", _wider(low, high, float)


def _wider(low: float, high: float, kind: Callable[[float], Any]) -> dict[str, Any]:
    """Bounds that catch a wrong column or unit, and no new row: wider by half the range, and round."""
    half = (high - low) / 2
    return {
        "low": kind(0.0 if low >= 0 else _round(low - half, floor)),
        "high": kind(0.0 if high <= 0 else _round(high + half, ceil)),
    }


def _round(value: float, away: Callable[[float], int]) -> float:
    """One digit and zeros, further from 0."""
    size = 10.0 ** floor(log10(abs(value))) if value else 1.0
    return float(f"{away(value / size) * size:.12g}")


def _categories(values: Iterable[str], missing: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """XGBoost takes numbers alone: each text gets one, in the order of the alphabet, and callers send it."""
    ordered = sorted(values)
    codes = {text: str(place) for place, text in enumerate(ordered)}
    none = {text: "" for text in missing if text}
    table: dict[str, Any] = {"categories": [*([""] if missing else []), *codes.values()], "grouped": codes | none}
    table["meanings"] = {code: text for text, code in codes.items()}
    shown = ", ".join(f"{text} = {code}" for text, code in list(codes.items())[:4])
    return (
        f"{len(ordered)} categories, which the model gets as numbers: {shown}{', …' if len(ordered) > 4 else ''}",
        table,
    )
