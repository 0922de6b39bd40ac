"""The area under the ROC curve with DeLong's intervals, which are a formula and need no bootstrap.

DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988). ``truth`` is 1 for a row with the event, else 0; ``scores`` rank
the rows; both have shape ``(rows,)``. AUC is the probability that a row with the event scores higher than a row without
it; ties count half.

Where hardly any row is ranked wrongly, DeLong's variance is nearly 0; for a perfect AUC it is 0, on however few rows.
So an own interval never lies inside Newcombe's (Statistics in Medicine 25, 2006, part 2, method 5), which asks instead
how variable a model of that AUC would be on so many rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from ml_test.gate.intervals import BISECTIONS, CONFIDENCE, Estimate

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

    @property
    def telling(self) -> int:
        """How many rows differ from the commonest one of their label: only they make the error."""
        parts = [np.round(part, 9) for part in (self.beaten, self.beating)]
        return sum(len(part) - int(np.unique(part, return_counts=True)[1].max()) for part in parts)

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
    """The AUC. Its interval, inside [0, 1], reaches as far as DeLong's on the logit scale and as Newcombe's."""
    found = Placements.of(truth, scores)
    return Estimate(value=found.auc, **_ends(found, confidence), rows=len(truth))


def _ends(found: Placements, confidence: float) -> dict[str, float]:
    value, low, high = found.auc, 1.0, 0.0
    if 0 < value < 1:
        centre, reach = log(value / (1 - value)), _z(confidence) * found.error / (value * (1 - value))
        low, high = (1 / (1 + exp(-(centre + side * reach))) for side in (-1, 1))
    ends = newcombe(value, len(found.beaten), len(found.beating), confidence=confidence)
    return {"low": min(low, ends[0]), "high": max(high, ends[1])}


def newcombe(value: float, events: int, others: int, *, confidence: float) -> tuple[float, float]:
    """The AUCs of which a model could, by chance, show this one on so many rows of either label."""
    return _end(value, 0.0, events, others, _z(confidence)), _end(value, 1.0, events, others, _z(confidence))


def _end(value: float, outside: float, events: int, others: int, limit: float) -> float:
    """The AUC between the value and 0 or 1 (``outside``) that is ``limit`` of its own standard errors away."""
    inside = value
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        if (value - middle) ** 2 < limit**2 * _variance(middle, events, others):
            inside = middle
        else:
            outside = middle
    return inside


def _variance(area: float, events: int, others: int) -> float:
    """Hanley's and McNeil's variance of an AUC, with Newcombe's mean of both numbers of rows in the place of each."""
    rows = (events + others) / 2 - 1
    spread = 1 + rows * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * spread / (events * others)


def auc_gain(
    truth: NDArray[np.int64], champion: Numbers, challenger: Numbers, *, confidence: float
) -> tuple[float, float]:
    """The interval of challenger minus champion, paired by row."""
    gain = Placements.of(truth, challenger).minus(Placements.of(truth, champion))
    reach = _z(confidence) * gain.error
    return gain.auc - reach, gain.auc + reach


def auc_gain_of_two(champion: Placements, challenger: Placements) -> tuple[float, float]:
    """The 95 % interval of challenger minus champion, each on its own rows: both models' intervals, squared and added.

    Zou and Donner, Statistics in Medicine 27 (2008), as Newcombe does for two shares.
    """
    one, two = (_ends(model, CONFIDENCE) for model in (challenger, champion))
    value = challenger.auc - champion.auc
    low = value - hypot(challenger.auc - one["low"], two["high"] - champion.auc)
    high = value + hypot(one["high"] - challenger.auc, champion.auc - two["low"])
    return low, high


def _z(confidence: float) -> float:
    return float(ndtri((1 + confidence) / 2))
