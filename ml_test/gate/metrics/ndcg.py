"""How well each group's rows are ranked by their probabilities: the normalized discounted cumulative gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.metric_facts import NDCG_AT_10
from ml_test.gate.metrics.metric import MeanOfGroups

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How many places of a ranking count.
_TOP = 10


class NdcgAt10(MeanOfGroups[ProbabilityAnswers], facts=NDCG_AT_10):
    """The mean over the groups whose rows have both labels: the others are ranked rightly in any order.

    Rows with equal probabilities share their places: each counts as the mean of them, whatever the order of the rows.
    """

    reads: ClassVar[type[ProbabilityAnswers]] = ProbabilityAnswers

    def of_groups(self, answered: ProbabilityAnswers) -> NDArray[np.float64]:
        if answered.groups is None:
            raise ValueError(f"{self.name} needs groups of rows, and [answers] has no grouped_by")
        found = ndcg(answered.groups, answered.values, answered.truth)
        if not len(found):
            raise ValueError(f"no group of test rows has both labels, so {self.name} says nothing")
        return found


def ndcg(groups: NDArray[np.int64], scores: NDArray[np.float64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each group with both labels, in the groups' order. All three have the shape (rows,)."""
    order = np.lexsort((-scores, groups))
    groups, scores, truth = groups[order], scores[order], truth[order]
    begins = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.r_[begins, len(groups)])
    worth = _discounts(np.arange(len(groups)) - np.repeat(begins, sizes))
    came = np.add.reduceat(truth, begins) if len(begins) else begins
    gained = np.add.reduceat(truth * _shared(worth, groups, scores), begins) if len(begins) else worth
    most = np.r_[0.0, np.cumsum(_discounts(np.arange(int(sizes.max(initial=0)))))]
    both = (came > 0) & (came < sizes)
    ranked: NDArray[np.float64] = gained[both] / most[came[both]]
    return ranked


def _discounts(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a row at this place counts, from 0 on."""
    return np.where(places < _TOP, 1 / np.log2(places + 2.0), 0.0)


def _shared(worth: NDArray[np.float64], groups: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean worth of the places of all rows of the group with the same score."""
    begins = np.flatnonzero(np.r_[True, (groups[1:] != groups[:-1]) | (scores[1:] != scores[:-1])])
    sizes = np.diff(np.r_[begins, len(groups)])
    shared: NDArray[np.float64] = np.repeat(np.add.reduceat(worth, begins) / sizes, sizes)
    return shared
