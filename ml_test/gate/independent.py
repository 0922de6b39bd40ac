"""Compares two models that answered different requests: intervals of differences, and tests whether answers are alike.

No request was answered by both, so nothing is paired, and these intervals are wider than those for the test rows.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from ml_test.gate.intervals import CONFIDENCE, FEWEST_TELLING, Interval, mean_estimate, share, telling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Importing scipy.stats takes 1.5 s, and the gate of a release does not need it: it is imported where it is used.

NEWCOMBE = "Newcombe's interval for two independent shares"
#: Cochran's rule: at most this share of the table's cells may have an expected count below _EXPECTED.
_EXPECTED, _SHARE_BELOW = 5, 0.2


def share_difference(champion: tuple[int, int], challenger: tuple[int, int]) -> tuple[float, float, float]:
    """Value, low and high of the challenger's share minus the champion's. Each share is given as (successes, rows).

    Newcombe's method 10 (Statistics in Medicine 17, 1998) combines the widths of the two Wilson intervals.
    """
    one, two = share(*challenger), share(*champion)
    value = one.value - two.value
    low = value - sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return value, low, high


def welch(
    champion: tuple[NDArray[np.float64], float], challenger: tuple[NDArray[np.float64], float], *, sign: int
) -> Interval:
    """Welch's interval for challenger minus champion; for champion minus challenger if ``sign`` is -1.

    Each is given as (values, swing). If few rows show a spread, it reaches as far as both means' own intervals, squared
    and added, which account for that (``mean_estimate``).
    """
    one, two = (challenger, champion) if sign > 0 else (champion, challenger)
    ours, theirs = (mean_estimate(values, swing=swing) for values, swing in (one, two))
    value, reach = ours.value - theirs.value, _welch_reach(one[0], two[0])
    if any(
        telling(values, np.zeros(len(values), dtype=np.int64), swing=by) < FEWEST_TELLING for values, by in (one, two)
    ):
        reach = max(reach, hypot(ours.high - ours.value, theirs.high - theirs.value))
    return Interval(low=value - reach, high=value + reach, method="Welch's interval for two independent means")


def _welch_reach(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Half of the interval's width; 0 without a spread."""
    if min(len(one), len(two)) < 2:
        return 0.0
    errors = [float(values.var(ddof=1)) / len(values) for values in (one, two)]
    if not sum(errors):
        return 0.0
    spread = sum(error**2 / (len(values) - 1) for error, values in zip(errors, (one, two), strict=True))
    return float(stdtrit(sum(errors) ** 2 / spread, (1 + CONFIDENCE) / 2)) * sqrt(sum(errors))


def numbers_alike(champion: Sequence[float], challenger: Sequence[float]) -> float:
    """The p-value of the two-sample Kolmogorov-Smirnov test: are both models' numbers distributed alike?"""
    from scipy import stats

    return float(stats.ks_2samp(champion, challenger).pvalue)


def labels_alike(champion: Sequence[str], challenger: Sequence[str]) -> float:
    """The p-value of the chi-squared test of homogeneity: do both models give each label equally often?"""
    from scipy import stats

    labels = sorted({*champion, *challenger})
    if len(labels) == 1:
        return 1.0
    counts = np.array([[list(answers).count(label) for label in labels] for answers in (champion, challenger)])
    expected = stats.contingency.expected_freq(counts)
    if (expected < _EXPECTED).mean() > _SHARE_BELOW:
        # Some labels are too rare for the approximation: permutations with a fixed seed replace it.
        drawn = stats.PermutationMethod(n_resamples=2000, rng=np.random.default_rng(0))
        return float(stats.chi2_contingency(counts, correction=False, method=drawn).pvalue)
    return float(stats.chi2_contingency(counts, correction=False).pvalue)
