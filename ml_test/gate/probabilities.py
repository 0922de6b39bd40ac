"""Figures of a model that answers with a probability.

``truth`` is 1 where the event came (the customer defaulted), else 0; ``scores`` are the probabilities answered for it;
both have shape ``(rows,)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlog1py, xlogy

from ml_test.gate.intervals import Estimate, mean_estimate, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml_test.gate.rules import Costs

    Numbers = NDArray[np.float64]

BINS = 10
#: XGBoost answers in 32 bits: a certain 1.0 that is wrong costs this much and not infinitely much.
_SMALLEST = 2.0**-24


def log_loss(truth: NDArray[np.int64], scores: Numbers) -> Numbers:
    """Each row's loss, in nats."""
    kept = np.clip(scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    losses: Numbers = -(xlogy(truth, kept) + xlog1py(1 - truth, -kept))
    return losses


def tenths(scores: Numbers) -> list[NDArray[np.int64]]:
    """The rows' places, in ten groups of equal size by score."""
    return [part for part in np.array_split(np.argsort(scores, kind="stable"), BINS) if len(part)]


def calibration(truth: NDArray[np.int64], scores: Numbers) -> list[dict[str, float]]:
    """For each tenth of the rows by score: what was answered on average, the share that came, and its interval."""
    found = []
    for part in tenths(scores):
        came = share(int(truth[part].sum()), len(part))
        answered = float(scores[part].mean())
        found.append(
            {"answered": answered, "came": came.value, "low": came.low, "high": came.high, "rows": float(came.rows)}
        )
    return found


def calibration_error(truth: NDArray[np.int64], scores: Numbers) -> Estimate:
    """The tenths' mean distance between answered and came, with its normal interval (delta method).

    Chance alone makes a distance, and never a negative one, so the figure errs to the strict side. A bootstrap errs
    further: each resample adds the same chance once more, and BCa takes the whole of it for bias and overcorrects.
    """
    gaps = [scores[part] - truth[part] for part in tenths(scores)]
    found = mean_estimate(np.concatenate([gap * np.sign(gap.mean()) for gap in gaps]))
    return Estimate(value=found.value, low=max(found.low, 0.0), high=found.high, rows=found.rows)


def saved(truth: NDArray[np.int64], scores: Numbers, costs: Costs) -> Estimate:
    """What deciding by the model saves a row, against the better one of always and never raising the alarm."""
    event, alarms = truth == 1, scores >= costs.threshold
    spent = np.where(event & ~alarms, costs.missed, 0.0) + np.where(~event & alarms, costs.false_alarm, 0.0)
    never, always = np.where(event, costs.missed, 0.0), np.where(event, 0.0, costs.false_alarm)
    constant = never if never.mean() <= always.mean() else always
    return mean_estimate(constant - spent)
