"""The topics as words, as the algorithm prints them if the channel ``auxiliary`` brings the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from built_in import CustomerError
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds
from topic_documents import files_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

VOCABULARY = "vocab.txt"
WORDS_OF_A_TOPIC = 20
_EMBEDDING = 50


def read_vocabulary(folder: Path, words: int) -> list[str]:
    """A word a line, in the order of the features; raises CustomerError if they are not so many."""
    files = [path for path in files_of(folder) if path.name == VOCABULARY]
    if not files:
        raise CustomerError(f"Channel 'auxiliary' has no file named {VOCABULARY}.")
    try:
        found = files[0].read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise CustomerError(f"Channel 'auxiliary': {VOCABULARY} is not UTF-8: {error}") from error
    if len(found) != words:
        raise CustomerError(f"Channel 'auxiliary': {VOCABULARY} has {len(found)} words, and feature_dim is {words}.")
    return found


def lines(projection: NDArray[Any], vocabulary: Sequence[str], counts: csr_matrix) -> list[str]:
    """The lines of the log: coherence (wetc) and uniqueness (tu) of all topics and of each, and each topic's words.

    AWS's coherence is by word embeddings that the algorithm has brought along; this one is by those that the training
    documents give.
    """
    top = np.argsort(-projection, axis=0, kind="stable")[:WORDS_OF_A_TOPIC].T
    coherence, uniqueness = _coherence(top, counts), _uniqueness(top)
    head = f"Topics from epoch:final (num_topics:{len(top)}) [wetc {coherence.mean():.2f}, tu {uniqueness.mean():.2f}]:"
    return [
        head,
        *(
            f"[{wetc:.2f}, {tu:.2f}] {' '.join(vocabulary[word] for word in words)}"
            for wetc, tu, words in zip(coherence, uniqueness, top, strict=True)
        ),
    ]


def _uniqueness(top: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each topic: the mean of 1 / (the number of topics that have the word)."""
    _, inverse, counts = np.unique(top, return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = (1 / counts[inverse]).reshape(top.shape).mean(axis=1)
    return found


def _coherence(top: NDArray[np.int64], counts: csr_matrix) -> NDArray[np.float64]:
    """Of each topic: the mean cosine of its words' embeddings, over all pairs."""
    vectors = _embeddings(counts)[top]
    similar = vectors @ vectors.transpose(0, 2, 1)
    words = top.shape[1]
    found: NDArray[np.float64] = (similar.sum(axis=(1, 2)) - words) / max(words * (words - 1), 1)
    return found


def _embeddings(counts: csr_matrix) -> NDArray[np.float64]:
    """Of each word, of length 1: the singular vectors of its positive pointwise mutual information with documents."""
    total = float(counts.sum())
    by_word, by_document = (np.maximum(np.asarray(counts.sum(axis=axis)).ravel(), 1e-9) for axis in (0, 1))
    ratio = (diags(1 / by_document) @ counts @ diags(total / by_word)).tocsr()
    ratio.data = np.maximum(np.log(np.maximum(ratio.data, 1e-9)), 0)
    rank = min(_EMBEDDING, min(ratio.shape) - 1)
    if rank < 1:
        return np.ones((counts.shape[1], 1))
    _, values, vectors = svds(ratio.astype(np.float64), k=rank, v0=np.ones(min(ratio.shape)))
    found = vectors.T * values
    lengths: NDArray[np.float64] = np.linalg.norm(found, axis=1, keepdims=True)
    result: NDArray[np.float64] = found / np.where(lengths > 0, lengths, 1)
    return result
