"""What can be said of two models that answered different requests: differences, and whether their answers are alike.

No request was answered by both, so nothing is paired: these intervals are wider than those of the gate's test rows.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.intervals import CONFIDENCE, Interval, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# scipy.stats takes 1.5 s to import, and the gate of a release needs none of this: it is imported where it is used.

NEWCOMBE = "Newcombe's interval for two independent shares"
#: At most this share of what is expected may be expected in fewer than this many requests (Cochran's rule).
_EXPECTED, _SHARE_BELOW = 5, 0.2


def share_difference(champion: tuple[int, int], challenger: tuple[int, int]) -> tuple[float, float, float]:
    """Value, low and high of the challenger's share minus the champion's, each given as (successes, rows).

    Newcombe's hybrid (Statistics in Medicine 17, 1998, method 10): the two Wilson intervals' reaches, put together.
    """
    one, two = share(*challenger), share(*champion)
    value = one.value - two.value
    low = value - sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return value, low, high


def welch(champion: NDArray[np.float64], challenger: NDArray[np.float64], *, sign: int) -> Interval:
    """Of the challenger's mean minus the champion's; of the champion's minus the challenger's for a ``sign`` of -1."""
    from scipy import stats

    one, two = (challenger, champion) if sign > 0 else (champion, challenger)
    found = stats.ttest_ind(one, two, equal_var=False).confidence_interval(CONFIDENCE)
    return Interval(low=float(found.low), high=float(found.high), method="Welch's interval for two independent means")


def numbers_alike(champion: Sequence[float], challenger: Sequence[float]) -> float:
    """How probable numbers so differently distributed, or more, are if both models answer alike: a p-value.

    By the two-sample Kolmogorov-Smirnov test.
    """
    from scipy import stats

    return float(stats.ks_2samp(champion, challenger).pvalue)


def labels_alike(champion: Sequence[str], challenger: Sequence[str]) -> float:
    """The same of labels, by the chi-squared test of homogeneity."""
    from scipy import stats

    labels = sorted({*champion, *challenger})
    if len(labels) == 1:
        return 1.0
    counts = np.array([[list(answers).count(label) for label in labels] for answers in (champion, challenger)])
    expected = stats.contingency.expected_freq(counts)
    if (expected < _EXPECTED).mean() > _SHARE_BELOW:
        # Too few of some labels for the test's approximation: by permutation instead, of a fixed seed.
        drawn = stats.PermutationMethod(n_resamples=2000, rng=np.random.default_rng(0))
        return float(stats.chi2_contingency(counts, correction=False, method=drawn).pvalue)
    return float(stats.chi2_contingency(counts, correction=False).pvalue)
