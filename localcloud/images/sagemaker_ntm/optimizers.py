"""The optimizers of the framework that the algorithm is written in (MXNet), by its names, with its constants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]


@dataclass(slots=True)
class Optimizer(ABC):
    """``rescale``, ``clip`` and ``decay`` act on each gradient in this order, as in MXNet."""

    rate: float
    rescale: float = 1.0
    clip: float = np.inf
    decay: float = 0.0
    steps: int = 0
    _states: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)

    def update(self, parameters: Mapping[str, Floats], gradients: Mapping[str, Floats]) -> None:
        """Changes the parameters in place."""
        self.steps += 1
        for name, value in parameters.items():
            gradient = self._prepared(gradients[name], value)
            if name not in self._states:
                self._states[name] = (np.zeros_like(value), np.zeros_like(value))
            np.subtract(value, self.step(gradient, *self._states[name]), out=value)

    def _prepared(self, gradient: Floats, value: Floats) -> Floats:
        if self.rescale != 1:
            gradient = gradient * self.rescale
        if np.isfinite(self.clip):
            gradient = np.clip(gradient, -self.clip, self.clip)
        return gradient + self.decay * value if self.decay else gradient

    @abstractmethod
    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:
        """What is taken from a parameter. The two states of its shape are zero at first, and changed in place."""


class Sgd(Optimizer):
    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:  # noqa: ARG002  (it has no state)
        return self.rate * gradient


class Adam(Optimizer):
    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient * gradient - second)
        rate = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        result: Floats = rate * first / (np.sqrt(second) + 1e-8)
        return result


class Adagrad(Optimizer):
    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:  # noqa: ARG002  (it has one state)
        first += gradient * gradient
        result: Floats = self.rate * gradient / np.sqrt(first + 1e-7)
        return result


class Adadelta(Optimizer):
    """It has no use for the learning rate."""

    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:
        first += 0.1 * (gradient * gradient - first)
        moved: Floats = np.sqrt(second + 1e-5) / np.sqrt(first + 1e-5) * gradient
        second += 0.1 * (moved * moved - second)
        return moved


class RmsProp(Optimizer):
    def step(self, gradient: Floats, first: Floats, second: Floats) -> Floats:  # noqa: ARG002  (it has one state)
        first += 0.1 * (gradient * gradient - first)
        result: Floats = self.rate * gradient / np.sqrt(first + 1e-8)
        return result


OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RmsProp,
}
