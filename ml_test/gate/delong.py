"""The area under the ROC curve with DeLong's intervals, which are a formula and need no bootstrap.

DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988). ``truth`` is 1 for a row with the event, else 0; ``scores`` rank
the rows; both have shape ``(rows,)``. AUC is the probability that a row with the event scores higher than a row without
it; ties count half.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from ml_test.gate.intervals import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Placements:
    """beaten: for each row with the event, the share of the other rows that score lower. beating: the reverse."""

    beaten: Numbers
    beating: Numbers

    @classmethod
    def of(cls, truth: NDArray[np.int64], scores: Numbers) -> Placements:
        events, others = np.sort(scores[truth == 1]), np.sort(scores[truth == 0])
        if not len(events) or not len(others):
            raise ValueError(f"the {len(truth)} rows do not have both labels, so they have no AUC")
        return cls(
            beaten=_share_below(others, scores[truth == 1]), beating=1 - _share_below(events, scores[truth == 0])
        )

    @property
    def auc(self) -> float:
        return float(self.beaten.mean())

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        parts = (self.beaten, self.beating)
        return sqrt(sum(float(part.var(ddof=1)) / len(part) if len(part) > 1 else 0.25 for part in parts))

    def minus(self, other: Placements) -> Placements:
        """The difference on the same rows: ``auc`` is that of the areas, ``error`` accounts for their correlation."""
        return Placements(beaten=self.beaten - other.beaten, beating=self.beating - other.beating)


def _share_below(ordered: Numbers, scores: Numbers) -> Numbers:
    """The share of ``ordered`` below each score; ties count half."""
    both = np.searchsorted(ordered, scores, side="left") + np.searchsorted(ordered, scores, side="right")
    return both / (2 * len(ordered))


def auc(truth: NDArray[np.int64], scores: Numbers) -> float:
    return Placements.of(truth, scores).auc


def auc_estimate(truth: NDArray[np.int64], scores: Numbers, *, confidence: float = CONFIDENCE) -> Estimate:
    """The AUC with its interval, which is made on the logit scale and so stays inside [0, 1]."""
    found = Placements.of(truth, scores)
    value = found.auc
    if not 0 < value < 1:
        return Estimate(value=value, low=0.0 if value == 0 else 1.0, high=value, rows=len(truth))
    centre, reach = log(value / (1 - value)), _z(confidence) * found.error / (value * (1 - value))
    low, high = (1 / (1 + exp(-(centre + side * reach))) for side in (-1, 1))
    return Estimate(value=value, low=low, high=high, rows=len(truth))


def auc_gain(
    truth: NDArray[np.int64], champion: Numbers, challenger: Numbers, *, confidence: float
) -> tuple[float, float]:
    """The interval of challenger minus champion, paired by row."""
    gain = Placements.of(truth, challenger).minus(Placements.of(truth, champion))
    reach = _z(confidence) * gain.error
    return gain.auc - reach, gain.auc + reach


def auc_gain_of_two(champion: Placements, challenger: Placements) -> tuple[float, float]:
    """The 95 % interval of challenger minus champion, each on its own rows."""
    reach = _z(CONFIDENCE) * sqrt(champion.error**2 + challenger.error**2)
    value = challenger.auc - champion.auc
    return value - reach, value + reach


def _z(confidence: float) -> float:
    return float(ndtri((1 + confidence) / 2))
