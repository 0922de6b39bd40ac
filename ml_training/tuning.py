"""What of a training is tuned: ``[tuning]`` of ``training.toml``.

A tuned hyperparameter may stand in ``[hyperparameters]`` as well: that is its value when nothing is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from ml_steps.strict import Fault, read_kind, read_table, table

if TYPE_CHECKING:
    from collections.abc import Mapping

Scale = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]


class Range(Protocol):
    """The values of one hyperparameter. Each kind is a class here, and an entry in ``RANGES``."""

    def parameter(self) -> Any:
        """The range as the SDK's tuner takes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Continuous:
    """Any number between two."""

    #: The least value.
    low: float
    #: The greatest value.
    high: float
    #: How the range is searched.
    scale: Scale = "Auto"

    def __post_init__(self) -> None:
        _check(self.low, self.high, self.scale)

    def parameter(self) -> Any:
        from sagemaker.core.parameter import ContinuousParameter

        return ContinuousParameter(self.low, self.high, scaling_type=self.scale)


@dataclass(frozen=True, kw_only=True, slots=True)
class Integer:
    """Any whole number between two."""

    #: The least value.
    low: int
    #: The greatest value.
    high: int
    #: How the range is searched.
    scale: Scale = "Auto"

    def __post_init__(self) -> None:
        _check(self.low, self.high, self.scale)

    def parameter(self) -> Any:
        from sagemaker.core.parameter import IntegerParameter

        return IntegerParameter(self.low, self.high, scaling_type=self.scale)


@dataclass(frozen=True, kw_only=True, slots=True)
class Categorical:
    """One of several texts."""

    #: The values to try.
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("values = []: expected at least one")

    def parameter(self) -> Any:
        from sagemaker.core.parameter import CategoricalParameter

        return CategoricalParameter(list(self.values))


def _check(low: float, high: float, scale: str) -> None:
    if low >= high:
        raise ValueError(f"low = {low} is not below high = {high}")
    if scale == "Logarithmic" and low <= 0:
        raise ValueError(f"scale = {scale!r} needs low above 0, not {low}")
    if scale == "ReverseLogarithmic" and not 0 <= low < high < 1:
        raise ValueError(f"scale = {scale!r} needs a range within [0, 1), not {low} to {high}")


RANGES: Mapping[str, type[Any]] = {"continuous": Continuous, "integer": Integer, "categorical": Categorical}


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """How the ranges are searched."""

    #: SageMaker's name of it.
    strategy: Literal["Bayesian", "Random", "Grid", "Hyperband"]
    #: Training jobs at the same time.
    parallel: int
    #: Training jobs in all; none for Grid: as many as there are combinations.
    jobs: int | None = None
    #: The same seed proposes the same values.
    seed: int = 1
    #: Whether a job that promises little is stopped.
    early_stopping: bool = False
    #: For Hyperband: the most that a job may take, as it reports its objective once an epoch.
    epochs: int | None = None

    def __post_init__(self) -> None:
        if (self.jobs is None) != (self.strategy == "Grid"):
            raise ValueError(f"jobs = {self.jobs} and strategy = {self.strategy!r}: Grid alone counts its jobs itself")
        if (self.epochs is None) == (self.strategy == "Hyperband"):
            raise ValueError(f"epochs = {self.epochs} and strategy = {self.strategy!r}: Hyperband alone needs epochs")
        if self.strategy == "Hyperband" and self.early_stopping:
            raise ValueError("early_stopping = true: Hyperband stops jobs by its own rule")
        for name, least in (
            ("parallel", self.parallel),
            ("seed", self.seed),
            ("jobs", 1 if self.jobs is None else self.jobs),
        ):
            if least < 1:
                raise ValueError(f"{name} = {least}: expected at least 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    search: Search
    ranges: Mapping[str, Range]

    @classmethod
    def parse(cls, document: Any) -> Self:
        """The table ``[tuning]``. ValueError if it does not fit."""
        given = dict(table(document, "tuning"))
        ranges = table(given.pop("ranges", {}), "tuning.ranges")
        if not ranges:
            raise Fault("[tuning] must have a range, such as [tuning.ranges.eta]", document)
        try:
            search = read_table(Search, given, "tuning")
        except Fault as fault:
            if fault.values is given:
                fault.values = document
            raise
        return cls(
            search=search,
            ranges={name: read_kind(RANGES, entry, f"tuning.ranges.{name}") for name, entry in ranges.items()},
        )
