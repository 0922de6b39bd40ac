"""Intervals: how far a figure on these test rows may be from the figure on all rows that could come."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtrc, ndtri, stdtrit  # scipy.stats, which has the intervals ready, takes 1.5 s to import

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95
BISECTIONS = 60
# If fewer rows than this tell anything of the spread, an interval that is made of the spread is too narrow.
FEWEST_TELLING = 10
TANGO = "Tango's score interval for paired answers (McNemar's test, inverted)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, and the number of test rows that it is based on."""

    value: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """The interval of a difference. method: the name of the procedure, for the report."""

    low: float
    high: float
    method: str


def share(successes: int, rows: int) -> Estimate:
    """A share with Wilson's score interval, which also holds near 1 and for few rows."""
    value, z = successes / rows, float(ndtri((1 + CONFIDENCE) / 2))
    centre = value + z**2 / (2 * rows)
    margin = z * sqrt(value * (1 - value) / rows + z**2 / (4 * rows**2))
    low, high = ((centre + side * margin) / (1 + z**2 / rows) for side in (-1, 1))
    # Rounding must not put the end beside a value of exactly 0 or 1.
    return Estimate(value=value, low=min(max(low, 0.0), value), high=max(min(high, 1.0), value), rows=rows)


def mean_estimate(values: NDArray[np.float64], *, swing: float) -> Estimate:
    """The mean with Student's interval. swing: how far one more row's value may be from those of these rows.

    Rows that are all alike have no spread, and say nothing of others: ``unseen`` of all rows may be different.
    """
    rows, value = len(values), float(values.mean())
    margin = 0.0
    if rows > 1:
        margin = float(stdtrit(rows - 1, (1 + CONFIDENCE) / 2)) * float(values.std(ddof=1)) / sqrt(rows)
    if telling(values, np.zeros(rows, dtype=np.int64), swing=swing) < FEWEST_TELLING:
        margin = max(margin, unseen(rows, CONFIDENCE) * swing)
    return Estimate(value=value, low=value - margin, high=value + margin, rows=rows)


def telling(values: NDArray[np.float64], strata: NDArray[np.int64], *, swing: float) -> int:
    """How many rows show a spread: they are off their stratum's median by more than a tenth of the swing.

    values, strata: shape (rows,). A model that is all but certain, and right in all rows, shows none, although its
    answers differ a little.
    """
    parts = [values[strata == stratum] for stratum in np.unique(strata)]
    return sum(int((np.abs(part - np.median(part)) > swing / 10).sum()) for part in parts)


def win_p_value(wins: int, losses: int) -> float:
    """The probability of at least so many wins over a rival, if both were equally good (exact, one-sided).

    Only rows count that one of the two answers right and the other one wrong: McNemar's exact test.
    """
    return float(bdtrc(wins - 1, wins + losses, 0.5)) if wins else 1.0


def unseen(rows: int, confidence: float) -> float:
    """The share of all rows that may still differ although none of these rows does: the score interval's end."""
    limit = float(ndtri((1 + confidence) / 2)) ** 2
    return limit / (rows + limit)


def paired_shares(wins: int, losses: int, rows: int, *, confidence: float) -> tuple[float, float]:
    """Tango's interval (Statistics in Medicine 17, 1998) for the difference of two paired shares of right answers."""
    limit = float(ndtri((1 + confidence) / 2))
    value = (wins - losses) / rows
    if not wins + losses:
        # No row differs. The score is √(n·|d| / (1 - |d|)), which reaches the limit here.
        edge = unseen(rows, confidence)
        return -edge, edge
    return _end(wins, losses, rows, value, -1.0, limit), _end(wins, losses, rows, value, 1.0, limit)


def _end(wins: int, losses: int, rows: int, inside: float, outside: float, limit: float) -> float:
    """The difference, between ``inside`` and ``outside``, at which the score reaches the limit."""
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if abs(_score(wins, losses, rows, middle)) < limit:
            inside = middle
        else:
            outside = middle
    return inside


def _score(wins: int, losses: int, rows: int, difference: float) -> float:
    """The distance of the wins from ``difference``, in standard errors; for 0, it is McNemar's statistic."""
    linear = -wins - losses + (2 * rows - wins + losses) * difference
    constant = -losses * difference * (1 - difference)
    losing = (sqrt(max(linear**2 - 8 * rows * constant, 0.0)) - linear) / (4 * rows)
    variance = rows * (2 * losing + difference * (1 - difference))
    return (wins - losses - rows * difference) / sqrt(variance) if variance > 0 else float("inf")
