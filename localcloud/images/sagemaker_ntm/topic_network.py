"""The network: an encoder from a document's word counts to topic weights, a decoder from topic weights to words.

``weights = softmax(mean + exp(logvar / 2) * noise)`` and ``p(word) = softmax(projection @ weights)``: the neural
variational inference that AWS's page names as the algorithm's source. The loss is the negative evidence lower bound:
the reconstruction, plus the divergence from the prior N(0, 1). The gradients are written by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, diags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Parameters = dict[str, Floats]

#: A document counts as a direction: its length tells nothing about its topics. The factor keeps units off zero.
_INPUT_LENGTH = 4.0
_LARGEST_LOGVAR = 10.0
_SMALL_VARIANCE = 1e-5
_SMALLEST_PROBABILITY = 1e-30
_MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Activation:
    """``slope`` is the derivative, from the function's own value."""

    function: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


ACTIVATIONS: Mapping[str, Activation] = {
    "sigmoid": Activation(lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
    "tanh": Activation(np.tanh, lambda y: 1 - y * y),
    "relu": Activation(lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(y.dtype)),
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Sums over the documents of a batch, in nats: the divergence, and the negative log-likelihood of the words."""

    divergence: float
    reconstruction: float
    #: The same two per word of each document, summed over documents.
    divergence_per_word: float
    reconstruction_per_word: float


@dataclass(slots=True)
class Network:
    """``parameters`` by name, each weight of shape (outputs, inputs). ``layers``: how many hidden layers encode."""

    parameters: Parameters
    activation: str
    layers: int
    #: Whether the batch normalizes the means of the topic weights. Their running mean and variance are ``moving``.
    batch_norm: bool = False
    moving: tuple[Floats, Floats] | None = None

    @classmethod
    def initial(
        cls, words: int, topics: int, encoder: tuple[int, ...], random: np.random.Generator, **settings: Any
    ) -> Network:
        """encoder: the sizes of its hidden layers. Weights begin in Xavier's range."""
        parameters: Parameters = {}
        inputs = words
        for place, size in enumerate(encoder):
            parameters[f"encoder_{place}_weight"] = _xavier(random, size, inputs)
            parameters[f"encoder_{place}_bias"] = np.zeros(size, np.float32)
            inputs = size
        for name in ("mean", "logvar"):
            parameters[f"{name}_weight"] = _xavier(random, topics, inputs)
            parameters[f"{name}_bias"] = np.zeros(topics, np.float32)
        parameters["projection_weight"] = random.normal(0, 0.1, (words, topics)).astype(np.float32)
        return cls(parameters=parameters, layers=len(encoder), **settings)

    @property
    def topics(self) -> int:
        return int(self.parameters["projection_weight"].shape[1])

    def weights(self, counts: csr_matrix) -> Floats:
        """The topic weights of documents, shape (documents, topics); they add up to 1. counts: (documents, words)."""
        *_, mean, _ = self._encode(_directions(counts))
        return softmax(self._normalized_by_moving(mean), axis=1)

    def loss(self, counts: csr_matrix, noise: Floats) -> Loss:
        """The loss of documents that are not learned. noise: shape (documents, topics), from N(0, 1)."""
        *_, mean, logvar = self._encode(_directions(counts))
        mean = self._normalized_by_moving(mean)
        return self._decoded(counts, mean, logvar, mean + np.exp(logvar / 2) * noise)[0]

    def gradients(self, counts: csr_matrix, noise: Floats, divergence_weight: float) -> tuple[Loss, Parameters]:
        """The loss of a batch, and the gradients of ``reconstruction + divergence_weight * divergence``."""
        inputs = _directions(counts)
        *hidden, raw, logvar = self._encode(inputs)
        mean, backward = self._normalized_by_batch(raw)
        deviation = np.exp(logvar / 2)
        loss, of_latent, of_projection = self._decoded(counts, mean, logvar, mean + deviation * noise)
        found: Parameters = {"projection_weight": of_projection}
        of_mean = backward(of_latent + divergence_weight * mean)
        of_logvar = of_latent * deviation * noise / 2 + divergence_weight * (np.exp(logvar) - 1) / 2
        of_logvar *= np.abs(logvar) < _LARGEST_LOGVAR
        last = hidden[-1] if hidden else inputs
        of_output: Floats = 0.0  # type: ignore[assignment]
        for name, gradient in (("mean", of_mean), ("logvar", of_logvar)):
            found[f"{name}_weight"] = np.asarray((last.T @ gradient).T)
            found[f"{name}_bias"] = gradient.sum(axis=0)
            of_output = of_output + gradient @ self.parameters[f"{name}_weight"]
        for place in reversed(range(self.layers)):
            of_sum = of_output * ACTIVATIONS[self.activation].slope(hidden[place])
            before = hidden[place - 1] if place else inputs
            found[f"encoder_{place}_weight"] = np.asarray((before.T @ of_sum).T)
            found[f"encoder_{place}_bias"] = of_sum.sum(axis=0)
            of_output = of_sum @ self.parameters[f"encoder_{place}_weight"]
        return loss, found

    def folded(self) -> Network:
        """The same network without batch normalization: its running figures go into the layer before it."""
        if self.moving is None:
            return Network(self.parameters, self.activation, self.layers)
        mean, scale = self.moving[0], 1 / np.sqrt(self.moving[1] + _SMALL_VARIANCE)
        changed = {
            "mean_weight": self.parameters["mean_weight"] * scale[:, None],
            "mean_bias": (self.parameters["mean_bias"] - mean) * scale,
        }
        return Network({**self.parameters, **changed}, self.activation, self.layers)

    def _encode(self, inputs: csr_matrix) -> list[Any]:
        """The hidden layers' values, then means and log-variances."""
        function = ACTIVATIONS[self.activation].function
        found: list[Any] = []
        value: Any = inputs
        for place in range(self.layers):
            value = function(self._layer(f"encoder_{place}", value))
            found.append(value)
        logvar = np.clip(self._layer("logvar", value), -_LARGEST_LOGVAR, _LARGEST_LOGVAR)
        return [*found, self._layer("mean", value), logvar]

    def _layer(self, name: str, value: Any) -> Floats:
        result: Floats = value @ self.parameters[f"{name}_weight"].T + self.parameters[f"{name}_bias"]
        return result

    def _decoded(self, counts: csr_matrix, mean: Floats, logvar: Floats, latent: Floats) -> tuple[Loss, Floats, Floats]:
        """The loss, and the reconstruction's gradients of the latent values and of the projection."""
        weights = softmax(latent, axis=1)
        projection = self.parameters["projection_weight"]
        likely = softmax(weights @ projection.T, axis=1)
        lengths = np.asarray(counts.sum(axis=1)).astype(likely.dtype)
        documents, words = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr)), counts.indices
        losses = -counts.data * np.log(np.maximum(likely[documents, words], _SMALLEST_PROBABILITY))
        reconstruction = np.bincount(documents, weights=losses, minlength=counts.shape[0])
        # From here on it is the gradient of the logits, in place: as many numbers as documents times words.
        of_logits = np.multiply(likely, lengths, out=likely)
        of_logits[documents, words] -= counts.data
        of_weights = of_logits @ projection
        of_latent = weights * (of_weights - (weights * of_weights).sum(axis=1, keepdims=True))
        divergence = (mean * mean + np.exp(logvar) - 1 - logvar).sum(axis=1) / 2
        of_one = np.maximum(lengths[:, 0], 1)
        loss = Loss(
            divergence=float(divergence.sum()),
            reconstruction=float(reconstruction.sum()),
            divergence_per_word=float((divergence / of_one).sum()),
            reconstruction_per_word=float((reconstruction / of_one).sum()),
        )
        return loss, of_latent, of_logits.T @ weights

    def _normalized_by_batch(self, values: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """The values as the decoder gets them, and the function that takes their gradient back."""
        if not self.batch_norm or len(values) < 2:
            return self._normalized_by_moving(values), lambda gradient: gradient
        mean, variance = values.mean(axis=0), values.var(axis=0)
        if self.moving is None:
            self.moving = (mean, variance)
        old_mean, old_variance = self.moving
        keep, new = _MOMENTUM, 1 - _MOMENTUM
        self.moving = (keep * old_mean + new * mean, keep * old_variance + new * variance)
        scale = 1 / np.sqrt(variance + _SMALL_VARIANCE)
        normal = (values - mean) * scale

        def backward(gradient: Floats) -> Floats:
            result: Floats = scale * (gradient - gradient.mean(axis=0) - normal * (gradient * normal).mean(axis=0))
            return result

        return normal, backward

    def _normalized_by_moving(self, values: Floats) -> Floats:
        if self.moving is None:
            return values
        result: Floats = (values - self.moving[0]) / np.sqrt(self.moving[1] + _SMALL_VARIANCE)
        return result


def softmax(values: Floats, axis: int) -> Floats:
    powers: Floats = values - values.max(axis=axis, keepdims=True)
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def _directions(counts: csr_matrix) -> csr_matrix:
    """Documents of one length, so that half a document has nearly the topics of the whole."""
    squares = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
    lengths = np.sqrt(np.where(squares > 0, squares, 1)).astype(counts.dtype)
    return csr_matrix(diags(_INPUT_LENGTH / lengths) @ counts, dtype=counts.dtype)


def _xavier(random: np.random.Generator, outputs: int, inputs: int) -> Floats:
    limit = np.sqrt(6 / (inputs + outputs))
    return random.uniform(-limit, limit, (outputs, inputs)).astype(np.float32)
