"""Compares two models that answered different requests: intervals of differences, and tests whether answers are alike.

No request was answered by both, so nothing is paired, and these intervals are wider than those for the test rows.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.intervals import CONFIDENCE, Interval, share

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


def welch(champion: NDArray[np.float64], challenger: NDArray[np.float64], *, sign: int) -> Interval:
    """Welch's interval for challenger minus champion; for champion minus challenger if ``sign`` is -1."""
    from scipy import stats

    one, two = (challenger, champion) if sign > 0 else (champion, challenger)
    found = stats.ttest_ind(one, two, equal_var=False).confidence_interval(CONFIDENCE)
    return Interval(low=float(found.low), high=float(found.high), method="Welch's interval for two independent means")


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
