"""How a tuning job chooses the next combinations of hyperparameters, a class for each of AWS's strategies.

A strategy is asked for combinations with the trials so far, and keeps nothing else in mind. With the same RandomSeed,
Random, Grid and Hyperband choose the same combinations again, in whatever order the jobs end.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from localcloud.services.sagemaker.tuning_ranges import Categorical, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.services.sagemaker.tuning_ranges import Parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A combination that was tried, or is."""

    values: dict[str, str]
    #: Less is better, whatever the objective's type. None: it has none, or none yet.
    objective: float | None = None
    running: bool = False


class Strategy(Protocol):
    def propose(self, trials: Sequence[Trial], count: int) -> list[dict[str, str]]:
        """The next combinations: ``count``, or fewer when there are no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Random:
    """Each combination on its own, uniform on the scales of the ranges."""

    parameters: tuple[Parameter, ...]
    seed: int

    def propose(self, trials: Sequence[Trial], count: int) -> list[dict[str, str]]:
        numbers = range(len(trials), len(trials) + count)
        # No secret: the same seed must give the same combinations.
        return [texts(self.parameters, random.Random(f"{self.seed}/{number}")) for number in numbers]  # noqa: S311


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Every combination of categorical values once."""

    parameters: tuple[Categorical, ...]

    def propose(self, trials: Sequence[Trial], count: int) -> list[dict[str, str]]:
        names = [parameter.name for parameter in self.parameters]
        combinations = itertools.product(*(parameter.values for parameter in self.parameters))
        chosen = itertools.islice(combinations, len(trials), len(trials) + count)
        return [dict(zip(names, values, strict=True)) for values in chosen]


def grid_size(parameters: Sequence[Categorical]) -> int:
    return math.prod(len(parameter.values) for parameter in parameters)
