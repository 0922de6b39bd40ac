"""What the gate itself knows of the training texts: their commonest words, how common each is, and which come together.

Everything that judges a topic model is in these words. They follow from the data and from the rules, and from no model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ml_init.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHORTEST = 3


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """words: the commonest first. unigram: shape (words,), the share of each. texts: which training texts have a word.

    texts: for each word, the places of the training texts that have it, in ascending order.
    """

    words: tuple[str, ...]
    unigram: NDArray[np.float64]
    texts: tuple[NDArray[np.int64], ...]
    count: int

    @property
    def places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def coherence(self, topic: Sequence[int]) -> float:
        """The mean normalized pointwise mutual information of all pairs of a topic's words, in the training texts."""
        found = []
        for number, one in enumerate(topic):
            for other in topic[:number]:
                both = len(np.intersect1d(self.texts[one], self.texts[other], assume_unique=True)) / self.count
                if not both:
                    found.append(-1.0)
                    continue
                alone = len(self.texts[one]) * len(self.texts[other]) / self.count**2
                found.append(1.0 if both == 1 else float(np.log(both / alone) / -np.log(both)))
        return float(np.mean(found)) if found else 0.0


@lru_cache(maxsize=4)
def corpus(texts: tuple[str, ...], size: int, commonest_share: float) -> Corpus:
    """Of the training texts. Words of more than ``commonest_share`` of the texts, and the shortest, tell no topics."""
    of_texts = [Counter(word for word in words(text) if len(word) >= SHORTEST) for text in texts]
    frequency = Counter(word for counts in of_texts for word in counts)
    counts = Counter[str]()
    for each in of_texts:
        counts.update(each)
    kept = [word for word in counts if frequency[word] <= commonest_share * len(texts)]
    kept = sorted(kept, key=lambda word: (-counts[word], word))[:size]
    if len(kept) < 2:
        raise ValueError(f"the training texts have {len(kept)} words that can be judged by")
    places = {word: place for place, word in enumerate(kept)}
    found: list[list[int]] = [[] for _ in kept]
    for number, each in enumerate(of_texts):
        for word in each:
            if word in places:
                found[places[word]].append(number)
    shares = np.array([counts[word] for word in kept], dtype=float)
    return Corpus(
        words=tuple(kept),
        unigram=shares / shares.sum(),
        texts=tuple(np.array(each, dtype=np.int64) for each in found),
        count=len(texts),
    )
