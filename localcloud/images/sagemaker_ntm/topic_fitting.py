"""Learning: batches, the warm-up of the divergence, early stopping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from optimizers import OPTIMIZERS
from topic_network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix
    from topic_network import Loss

#: The divergence counts in full only after this share of the epochs, and at the latest after so many. Without it, the
#: posterior collapses: every document gets the weights of the prior, and the topics are all the same.
WARM_UP_SHARE, LONGEST_WARM_UP = 0.6, 30


class DivergedError(Exception):
    """The loss is no number any more."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over documents, in nats a word; ``logppx`` is the mean over all words, the logarithm of the perplexity."""

    total: float
    kld: float
    recons: float
    logppx: float

    @classmethod
    def of(cls, parts: Sequence[Loss], counts: csr_matrix) -> Losses:
        documents, words = counts.shape[0], max(float(counts.sum()), 1.0)
        kld = sum(part.divergence_per_word for part in parts) / documents
        recons = sum(part.reconstruction_per_word for part in parts) / documents
        bound = sum(part.divergence + part.reconstruction for part in parts) / words
        return cls(total=kld + recons, kld=kld, recons=recons, logppx=bound)


class Fitting:
    """Learns one network. The same documents, settings and seed make the same network."""

    def __init__(self, values: dict[str, Any], seed: int) -> None:
        self._values = values
        self._seed = seed
        self._random = np.random.default_rng(seed)
        self.network = Network.initial(
            values["feature_dim"],
            values["num_topics"],
            values["encoder_layers"],
            self._random,
            activation=values["encoder_layers_activation"],
            batch_norm=values["batch_norm"],
        )
        self._optimizer = OPTIMIZERS[values["optimizer"]](
            rate=values["learning_rate"],
            rescale=values["rescale_gradient"],
            clip=values.get("clip_gradient", np.inf),
            decay=values["weight_decay"],
        )
        self.warm_up = max(1, min(LONGEST_WARM_UP, int(WARM_UP_SHARE * values["epochs"])))

    def epoch(self, counts: csr_matrix, epoch: int) -> tuple[Losses, int, int]:
        """Learns a sample of the documents (``sub_sample``), each once. Returns losses, documents and batches."""
        order = self._random.permutation(counts.shape[0])
        order = order[: max(1, round(self._values["sub_sample"] * len(order)))]
        size = self._values["mini_batch_size"]
        weight = min(1.0, (epoch + 1) / self.warm_up)
        parts = []
        for start in range(0, len(order), size):
            batch = counts[order[start : start + size]]
            noise = self._noise(self._random, batch.shape[0])
            loss, gradients = self.network.gradients(batch, noise, weight)
            if not np.isfinite(loss.reconstruction):
                raise DivergedError(f"The loss is no number any more in epoch {epoch + 1}.")
            self._optimizer.update(self.network.parameters, gradients)
            parts.append(loss)
        return Losses.of(parts, counts[order]), len(order), len(parts)

    def losses(self, counts: csr_matrix) -> Losses:
        """The losses of documents that are not learned. The noise is the same each time."""
        random, size = np.random.default_rng(self._seed), self._values["mini_batch_size"]
        parts = [
            self.network.loss(part, self._noise(random, part.shape[0]))
            for part in (counts[start : start + size] for start in range(0, counts.shape[0], size))
        ]
        return Losses.of(parts, counts)

    def _noise(self, random: np.random.Generator, documents: int) -> Any:
        return random.standard_normal((documents, self._values["num_topics"]), dtype=np.float32)


class Patience:
    """Early stopping: for so many epochs, the loss changed by less than ``tolerance``. It begins after the warm-up."""

    def __init__(self, epochs: int, tolerance: float, warm_up: int) -> None:
        self._epochs, self._tolerance, self._warm_up = epochs, tolerance, warm_up
        self._losses: list[float] = []

    def is_over(self, epoch: int, loss: float) -> bool:
        """epoch: counted from 0."""
        if epoch >= self._warm_up:
            self._losses.append(loss)
        last = self._losses[-self._epochs - 1 :]
        return len(last) > self._epochs and max(last) - min(last) < self._tolerance * abs(last[0])
