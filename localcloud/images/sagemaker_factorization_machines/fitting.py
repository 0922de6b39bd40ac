"""The gradient method: Adam, as MXNet has it, on the rows of the parameters that a batch touches."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from factorization_machine import BINARY, Machine, sigmoid
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_BETA1, _BETA2 = 0.9, 0.999
#: MXNet's default for the hyperparameter ``eps``.
_EPSILON = 1e-8


class DivergedError(Exception):
    """The training lost its numbers. The text names epoch and batch."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Training rows: a sparse matrix, and a label for each row."""

    features: csr_matrix
    labels: NDArray[np.float32]


@dataclass(slots=True)
class Parameter:
    """One of the three parameters with its optimizer's state. ``values`` is changed in place."""

    values: NDArray[np.float32]
    rate: float
    decay: float
    eps: float
    clip: float | None
    first: NDArray[np.float32] = field(init=False)
    second: NDArray[np.float32] = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        self.first, self.second = np.zeros_like(self.values), np.zeros_like(self.values)

    def step(self, rows: NDArray[np.int64] | slice, gradient: NDArray[np.float32]) -> None:
        """Moves these rows against the gradient; the others keep their values and their state."""
        self.steps += 1
        rate = self.rate * math.sqrt(1 - _BETA2**self.steps) / (1 - _BETA1**self.steps)
        values = self.values[rows]
        gradient = gradient + np.float32(self.decay) * values
        if self.clip is not None:
            gradient = np.clip(gradient, -self.clip, self.clip)
        first = np.float32(_BETA1) * self.first[rows] + np.float32(1 - _BETA1) * gradient
        second = np.float32(_BETA2) * self.second[rows] + np.float32(1 - _BETA2) * gradient**2
        self.first[rows], self.second[rows] = first, second
        self.values[rows] = values - np.float32(rate) * first / (np.sqrt(second) + np.float32(self.eps))


def initial(method: str, shape: tuple[int, ...], values: Mapping[str, Any], part: str, rng: Any) -> NDArray[np.float32]:
    """``normal``, ``uniform`` or ``constant`` values, by the hyperparameters of this part."""
    if method == "normal":
        drawn = rng.normal(0.0, values[f"{part}_init_sigma"], shape)
    elif method == "uniform":
        scale = values[f"{part}_init_scale"]
        drawn = rng.uniform(-scale, scale, shape)
    else:
        drawn = np.full(shape, values[f"{part}_init_value"])
    found: NDArray[np.float32] = drawn.astype(np.float32)
    return found


class Fitting:
    """Fits a machine to rows. The same rows, hyperparameters and seed make the same machine."""

    def __init__(self, values: Mapping[str, Any], seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._batch = values["mini_batch_size"]
        self._rescale = values.get("rescale_grad")
        width, factors = values["feature_dim"], values["num_factors"]
        shapes = {"bias": (1,), "linear": (width,), "factors": (width, factors)}
        self._parts = {
            part: Parameter(
                initial(values[f"{part}_init_method"], shape, values, part, self._rng),
                values[f"{part}_lr"],
                values[f"{part}_wd"],
                values.get("eps", _EPSILON),
                values.get("clip_gradient"),
            )
            for part, shape in shapes.items()
        }
        self._used = {"bias": values["use_bias"], "linear": values["use_linear"], "factors": "true"}
        for part, used in self._used.items():
            if used == "false":
                self._parts[part].values[:] = 0
        self.machine = Machine(values["predictor_type"], *(part.values for part in self._parts.values()))

    def epoch(self, rows: Rows, number: int, seen: Callable[[int, NDArray[Any], NDArray[Any]], None]) -> None:
        """One pass over the rows in a new order. ``seen`` gets each batch's number, scores and labels, before its step.

        Raises DivergedError.
        """
        order = self._rng.permutation(len(rows.labels))
        for batch, start in enumerate(range(0, len(order), self._batch)):
            chosen = order[start : start + self._batch]
            labels = rows.labels[chosen]
            with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
                scores = self._step(rows.features[chosen], labels)
            if not np.isfinite(scores).all():
                raise DivergedError(
                    f"The training diverged in epoch {number}, batch {batch}: a score is no number any more."
                )
            seen(batch, scores, labels)

    def _step(self, batch: Any, labels: NDArray[np.float32]) -> NDArray[np.float32]:
        columns, places = np.unique(batch.indices, return_inverse=True)
        compact = csr_matrix((batch.data, places.reshape(-1), batch.indptr), shape=(len(labels), len(columns)))
        squared = csr_matrix((batch.data**2, compact.indices, batch.indptr), shape=compact.shape)
        factors = self._parts["factors"].values[columns]
        products = compact @ factors
        own = squared @ (factors**2).sum(axis=1)
        margins = self._parts["bias"].values + compact @ self._parts["linear"].values[columns]
        margins = margins + np.float32(0.5) * ((products**2).sum(axis=1) - own)
        binary = self.machine.predictor_type == BINARY
        scores = sigmoid(margins.astype(np.float64)).astype(np.float32) if binary else margins
        # The gradient of the cross entropy by the margin, and half of that of the squared error, as MXNet's outputs.
        errors = (scores - labels) * np.float32(1 / self._batch if self._rescale is None else self._rescale)
        if not np.isfinite(errors).all():
            return scores
        self._move("bias", slice(None), errors.sum(keepdims=True))
        self._move("linear", columns, compact.T @ errors)
        interactions = compact.T @ (errors[:, None] * products) - factors * (squared.T @ errors)[:, None]
        self._move("factors", columns, interactions)
        return scores

    def _move(self, part: str, rows: NDArray[np.int64] | slice, gradient: NDArray[np.float32]) -> None:
        if self._used[part] == "true":
            self._parts[part].step(rows, gradient)
