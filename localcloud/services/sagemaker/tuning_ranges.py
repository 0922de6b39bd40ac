"""The ranges of a tuning job's hyperparameters: what a value may be, and on which scale values are searched.

A value has two forms: the text that a training job gets, and a coordinate that a strategy searches. On a linear or
logarithmic scale the coordinate is the value itself; on a reverse logarithmic one it is -log(1 - value).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping

    from localcloud.platform.service import Params

#: From this ratio of the ends on, ``Auto`` means the logarithmic scale. AWS does not say how it chooses.
_AUTO_LOGARITHMIC = 100
_KINDS = ("CategoricalParameterRanges", "IntegerParameterRanges", "ContinuousParameterRanges")

Coordinate = float | int | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Categorical:
    name: str
    values: tuple[str, ...]

    kind = "Categorical"

    def drawn(self, rng: random.Random) -> str:
        return rng.choice(self.values)

    def space(self) -> dict[str, Any]:
        """The range of coordinates, as the program of the strategy Bayesian reads it."""
        return {"name": self.name, "kind": "category", "choices": list(self.values)}

    def coordinate(self, text: str) -> Coordinate | None:
        """None for a value outside of the range."""
        return text if text in self.values else None

    def text(self, coordinate: Coordinate) -> str:
        return str(coordinate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Numeric:
    """Numbers from ``low`` to ``high``, both included. ``whole``: integers only."""

    name: str
    low: float
    high: float
    scale: str = "Linear"
    whole: bool = False

    @property
    def kind(self) -> str:
        return "Integer" if self.whole else "Continuous"

    def drawn(self, rng: random.Random) -> str:
        """A value that is uniform on the range's scale."""
        if self.whole and self.scale == "Linear":
            return str(rng.randint(int(self.low), int(self.high)))
        # Each integer gets its own part of the scale, up to halfway to its neighbours.
        margin = 0.5 if self.whole else 0.0
        at = rng.uniform(_to_scale(self.scale, self.low - margin), _to_scale(self.scale, self.high + margin))
        return self._text(_from_scale(self.scale, at))

    def space(self) -> dict[str, Any]:
        """As of ``Categorical``."""
        common = {"name": self.name, "kind": "int" if self.whole else "float", "log": self.scale == "Logarithmic"}
        if self.whole:
            return {**common, "low": int(self.low), "high": int(self.high)}
        if self.scale == "ReverseLogarithmic":
            return {**common, "low": _to_scale(self.scale, self.low), "high": _to_scale(self.scale, self.high)}
        return {**common, "low": self.low, "high": self.high}

    def coordinate(self, text: str) -> Coordinate | None:
        """As of ``Categorical``."""
        value = _number(text)
        if value is None or not self.low <= value <= self.high:
            return None
        if self.whole:
            return int(value)
        return _to_scale(self.scale, value) if self.scale == "ReverseLogarithmic" else value

    def text(self, coordinate: Coordinate) -> str:
        value = float(coordinate)
        return self._text(_from_scale(self.scale, value) if self.scale == "ReverseLogarithmic" else value)

    def _text(self, value: float) -> str:
        value = min(max(value, self.low), self.high)
        return str(round(value)) if self.whole else repr(value)


Parameter = Categorical | Numeric


def _to_scale(scale: str, value: float) -> float:
    if scale == "Logarithmic":
        return math.log(value)
    return -math.log1p(-value) if scale == "ReverseLogarithmic" else value


def _from_scale(scale: str, at: float) -> float:
    if scale == "Logarithmic":
        return math.exp(at)
    return -math.expm1(-at) if scale == "ReverseLogarithmic" else at


def read_ranges(ranges: Params) -> tuple[Parameter, ...]:
    """The parameters of a request's ParameterRanges; raises AwsError for what AWS refuses."""
    if ranges.get("AutoParameters"):
        raise UnsupportedError("sagemaker:CreateHyperParameterTuningJob with AutoParameters")
    found: list[Parameter] = [_categorical(entry) for entry in ranges.get(_KINDS[0]) or ()]
    found += [_numeric(entry, whole=True) for entry in ranges.get(_KINDS[1]) or ()]
    found += [_numeric(entry, whole=False) for entry in ranges.get(_KINDS[2]) or ()]
    names = [parameter.name for parameter in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AwsError("ValidationException", f"The hyperparameter {twice[0]} has several ranges; it may have one.")
    return tuple(found)


def _categorical(entry: Params) -> Categorical:
    values = tuple(dict.fromkeys(entry["Values"]))
    return Categorical(name=entry["Name"], values=values)


def _numeric(entry: Params, *, whole: bool) -> Numeric:
    name, scale = entry["Name"], entry.get("ScalingType", "Auto")
    ends = {key: _end(name, key, entry[key], whole=whole) for key in ("MinValue", "MaxValue")}
    low, high = ends["MinValue"], ends["MaxValue"]
    if low > high:
        raise AwsError(
            "ValidationException",
            f"The MinValue [{entry['MinValue']}] of the hyperparameter [{name}] is greater than its MaxValue "
            f"[{entry['MaxValue']}].",
        )
    if scale == "Logarithmic" and low <= 0:
        raise AwsError(
            "ValidationException",
            "Logarithmic scaling works only for ranges that have only values greater than 0, and not for "
            f"[{name}] from {entry['MinValue']}.",
        )
    if scale == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        raise AwsError(
            "ValidationException",
            "Reverse logarithmic scaling works only for ranges that are entirely within the range 0<=x<1.0, and not "
            f"for [{name}] from {entry['MinValue']} to {entry['MaxValue']}.",
        )
    return Numeric(name=name, low=low, high=high, scale=_chosen(scale, low, high), whole=whole)


def _chosen(scale: str, low: float, high: float) -> str:
    if scale != "Auto":
        return scale
    return "Logarithmic" if low > 0 and high / low >= _AUTO_LOGARITHMIC else "Linear"


def _end(name: str, key: str, text: str, *, whole: bool) -> float:
    value = _number(text)
    if value is None or (whole and not value.is_integer()):
        kind = "an integer" if whole else "a number"
        raise AwsError("ValidationException", f"The {key} [{text}] of the hyperparameter [{name}] is not {kind}.")
    return value


def _number(text: str) -> float | None:
    """None for infinity and NaN as well."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def texts(parameters: Iterable[Parameter], rng: random.Random) -> dict[str, str]:
    """One combination, drawn at random."""
    return {parameter.name: parameter.drawn(rng) for parameter in parameters}


def coordinates(parameters: Iterable[Parameter], values: Mapping[str, str]) -> dict[str, Coordinate] | None:
    """The coordinates of a combination, without parameters that have no value in it; None if one is out of range."""
    found: dict[str, Coordinate] = {}
    for parameter in parameters:
        if parameter.name in values:
            at = parameter.coordinate(values[parameter.name])
            if at is None:
                return None
            found[parameter.name] = at
    return found
