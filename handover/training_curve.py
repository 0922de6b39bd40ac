"""``curve.json``: what a training job has reported of itself while it learned, metric by metric.

The training step writes it, which is code of the push. The gate reads it as data, within limits, and judges by none of
it.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, NoReturn, Self

from handover.errors import HandOverError

NAME = "curve.json"
MOST_BYTES = 256 * 1024
MOST_METRICS = 24
#: Of each metric. A longer history is thinned out.
MOST_VALUES = 500
MOST_CHARACTERS = 100
#: How often a job may have reported a metric.
MOST_REPORTS = 10**9
#: No value is larger, in either direction: differences and scales of such values stay finite.
LARGEST = 1e30


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """A metric's values in the order in which they were reported, thinned out evenly. ``count``: how many they were."""

    name: str
    count: int
    values: tuple[float, ...]

    @property
    def measured(self) -> str:
        """What was measured, without the channel: ``mlogloss`` of ``validation:mlogloss``."""
        return self.name.partition(":")[2] or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingCurve:
    """``metrics``: those that were reported more than once."""

    metrics: tuple[Series, ...] = ()

    def json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises HandOverError for anything else. The message quotes nothing of the content, which may be hostile."""
        if len(content) > MOST_BYTES:
            raise HandOverError(f"{NAME} has more than {MOST_BYTES} bytes")
        try:
            document = json.loads(content, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise HandOverError(f"{NAME} is no JSON of finite numbers") from error
        metrics = _member(document, "metrics", "the document")
        if not isinstance(metrics, list) or len(metrics) > MOST_METRICS:
            raise HandOverError(f"{NAME}: metrics is no list of {MOST_METRICS} at most")
        found = tuple(_series(entry, f"metric {number}") for number, entry in enumerate(metrics, start=1))
        if len({series.name for series in found}) < len(found):
            raise HandOverError(f"{NAME} has two metrics of one name")
        return cls(metrics=found)


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _member(document: Any, key: str, place: str) -> Any:
    if not isinstance(document, dict) or key not in document:
        raise HandOverError(f"{NAME}: {place} has no {key}")
    return document[key]


def _series(entry: Any, place: str) -> Series:
    name, count, values = (_member(entry, key, place) for key in ("name", "count", "values"))
    if not isinstance(name, str) or not 0 < len(name) <= MOST_CHARACTERS or not name.isprintable():
        raise HandOverError(f"{NAME}: {place} has no name of {MOST_CHARACTERS} printable characters at most")
    if not isinstance(values, list) or not 2 <= len(values) <= MOST_VALUES:
        raise HandOverError(f"{NAME}: {place} has no list of 2 to {MOST_VALUES} values")
    if not isinstance(count, int) or isinstance(count, bool) or not len(values) <= count <= MOST_REPORTS:
        raise HandOverError(f"{NAME}: {place} has no count between {len(values)} and {MOST_REPORTS}")
    return Series(name=name, count=count, values=tuple(_value(value, place) for value in values))


def _value(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise HandOverError(f"{NAME}: {place} has a value that is no number up to {LARGEST:g}")
    return float(value)


def series(name: str, reported: list[float]) -> Series:
    """Of all values that a job has reported, with six significant digits. Those that are not finite are left out."""
    values = [value for value in reported if math.isfinite(value) and abs(value) <= LARGEST]
    kept = values
    if len(values) > MOST_VALUES:
        step = (len(values) - 1) / (MOST_VALUES - 1)
        kept = [values[round(step * place)] for place in range(MOST_VALUES)]
    return Series(name=name, count=len(values), values=tuple(float(f"{value:.6g}") for value in kept))
