"""95 % intervals: how far a figure on these test rows can be from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtrc, ndtri  # scipy.stats, which has both intervals ready, takes 1.5 s to import

from ml_test.gate.metrics import macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, and how many test rows it rests on."""

    value: float
    low: float
    high: float
    rows: int


def share(successes: int, rows: int) -> Estimate:
    """A share with Wilson's score interval, which stays honest near 1 and with few rows."""
    value, z = successes / rows, float(ndtri((1 + CONFIDENCE) / 2))
    centre = value + z**2 / (2 * rows)
    margin = z * sqrt(value * (1 - value) / rows + z**2 / (4 * rows**2))
    low, high = ((centre + side * margin) / (1 + z**2 / rows) for side in (-1, 1))
    return Estimate(value=value, low=max(low, 0.0), high=min(high, 1.0), rows=rows)


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


def mean_estimate(values: NDArray[np.float64]) -> Estimate:
    """The mean with its normal interval: of thousands of rows it needs no other."""
    value, z = float(values.mean()), float(ndtri((1 + CONFIDENCE) / 2))
    margin = z * float(values.std(ddof=1)) / sqrt(len(values))
    return Estimate(value=value, low=value - margin, high=value + margin, rows=len(values))


def win_p_value(wins: int, losses: int) -> float:
    """The probability of so many wins or more over a rival, if both were equally good (exact, one-sided).

    Counted are only the rows that one of the two answers right and the other wrong: McNemar's exact test.
    """
    return float(bdtrc(wins - 1, wins + losses, 0.5)) if wins else 1.0
