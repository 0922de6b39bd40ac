"""Two models that answered different requests: gains with intervals, and whether their answers are alike.

No request was answered by both, so nothing is paired: these intervals are wider than those of the gate's test rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.special import ndtri

from ml_test.gate.delong import Placements
from ml_test.gate.intervals import CONFIDENCE, share
from ml_test.gate.paired import Gain
from ml_test.gate.probabilities import log_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds

METHODS = {
    "accuracy": "Newcombe's interval for two independent shares",
    "auc": "DeLong's standard errors of two independent areas",
    "log_loss": "Welch's interval for two independent means",
}
#: At most this share of what is expected may be expected in fewer than this many requests (Cochran's rule).
_EXPECTED, _SHARE_BELOW = 5, 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One model's answers whose truth is known, shape (rows,): labels' places, or probabilities and 0 or 1."""

    truth: NDArray[np.int64]
    answers: NDArray[np.generic]


def gain(metric: str, champion: Judged, challenger: Judged) -> Gain:
    """The challenger's figure minus the champion's; above 0 is better. Raises KeyError for a metric without method."""
    method = METHODS[metric]
    before, after, bounds = {"accuracy": _accuracy, "auc": _auc, "log_loss": _log_loss}[metric](champion, challenger)
    return Gain(
        metric=metric,
        champion=before,
        challenger=after,
        value=before - after if metric == "log_loss" else after - before,
        low=bounds[0],
        high=bounds[1],
        confidence=CONFIDENCE,
        rows=len(champion.truth) + len(challenger.truth),
        method=method,
    )


def share_difference(champion: tuple[int, int], challenger: tuple[int, int]) -> tuple[float, float, float]:
    """Value, low and high of the challenger's share minus the champion's, each given as (successes, rows).

    Newcombe's hybrid (Statistics in Medicine 17, 1998, method 10): the two Wilson intervals' reaches, put together.
    """
    one, two = share(*challenger), share(*champion)
    value = one.value - two.value
    low = value - sqrt((one.value - one.low) ** 2 + (two.high - two.value) ** 2)
    high = value + sqrt((one.high - one.value) ** 2 + (two.value - two.low) ** 2)
    return value, low, high


def alike(champion: Sequence[str], challenger: Sequence[str]) -> float:
    """How probable answers so different, or more, are if both models answer alike: a p-value.

    Labels by the chi-squared test of homogeneity; numbers by the two-sample Kolmogorov-Smirnov test.
    """
    numbers = _numbers(champion), _numbers(challenger)
    if numbers[0] is not None and numbers[1] is not None:
        return float(stats.ks_2samp(*numbers).pvalue)
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


def _numbers(answers: Sequence[str]) -> NDArray[np.float64] | None:
    try:
        return np.array([float(answer) for answer in answers])
    except ValueError:
        return None


def _accuracy(champion: Judged, challenger: Judged) -> tuple[float, float, Bounds]:
    right = [(int((model.answers == model.truth).sum()), len(model.truth)) for model in (champion, challenger)]
    _, low, high = share_difference(right[0], right[1])
    return right[0][0] / right[0][1], right[1][0] / right[1][1], (low, high)


def _auc(champion: Judged, challenger: Judged) -> tuple[float, float, Bounds]:
    before, after = (Placements.of(model.truth, model.answers.astype(float)) for model in (champion, challenger))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * sqrt(before.error**2 + after.error**2)
    value = after.auc - before.auc
    return before.auc, after.auc, (value - reach, value + reach)


def _log_loss(champion: Judged, challenger: Judged) -> tuple[float, float, Bounds]:
    before, after = (log_loss(model.truth, model.answers.astype(float)) for model in (champion, challenger))
    found = stats.ttest_ind(before, after, equal_var=False).confidence_interval(CONFIDENCE)
    return float(before.mean()), float(after.mean()), (float(found.low), float(found.high))
