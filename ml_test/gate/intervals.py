"""95 % intervals: how far a figure on these test rows can be from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from ml_test.gate.metrics import macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A figure in [0, 1] with its 95 % interval, and how many test rows it rests on."""

    value: float
    low: float
    high: float
    rows: int


def share(successes: int, rows: int) -> Estimate:
    """A share with Wilson's score interval, which stays honest near 1 and with few rows."""
    interval = binomtest(successes, rows).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(value=successes / rows, low=float(interval.low), high=float(interval.high), rows=rows)


def macro_f1_estimate(matrix: NDArray[np.int64], *, seed: int) -> Estimate:
    """Macro-F1 with a percentile bootstrap interval, stratified: each resample keeps each true label's row count.

    To resample the rows of one true label is to draw its row of the confusion matrix from a multinomial. Where a
    label has no mistake at all it has none in any resample: read the recall's interval beside this one.
    """
    generator = np.random.default_rng(seed)
    rows = matrix.sum(axis=1)
    draws = [
        generator.multinomial(count, line / count, size=RESAMPLES) for count, line in zip(rows, matrix, strict=True)
    ]
    resampled = macro_f1(np.stack(draws, axis=1))
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value=float(macro_f1(matrix)), low=float(low), high=float(high), rows=int(rows.sum()))


def beats_by_chance(wins: int, losses: int) -> float:
    """The probability of so many wins or more over a rival, if both were equally good (exact, one-sided).

    Counted are only the rows that one of the two answers right and the other wrong: McNemar's exact test.
    """
    if wins + losses == 0:
        return 1.0
    return float(binomtest(wins, wins + losses, 0.5, alternative="greater").pvalue)
