"""Calibration: of the rows with a probability of 30 %, does the event come in about 30 %?

``truth`` is 1 where the event came (the customer defaulted), else 0; ``scores`` are the probabilities answered for it;
both have shape ``(rows,)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.intervals import Estimate, mean_estimate, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

BINS = 10


def tenths(scores: Numbers) -> list[NDArray[np.int64]]:
    """The rows' places, in ten groups of equal size by score."""
    return [part for part in np.array_split(np.argsort(scores, kind="stable"), BINS) if len(part)]


def calibration(truth: NDArray[np.int64], scores: Numbers) -> list[dict[str, float]]:
    """For each tenth of the rows by score: the mean probability, the share of rows with the event, and its interval."""
    found = []
    for part in tenths(scores):
        came = share(int(truth[part].sum()), len(part))
        answered = float(scores[part].mean())
        found.append(
            {"answered": answered, "came": came.value, "low": came.low, "high": came.high, "rows": float(came.rows)}
        )
    return found


def calibration_error(truth: NDArray[np.int64], scores: Numbers) -> Estimate:
    """The mean distance, over the tenths, between answered and came, with Student's interval (delta method).

    Chance alone makes a distance, and never a negative one, so the figure is strict. A bootstrap would be stricter:
    each resample adds the same chance again, and BCa takes all of it for bias.
    """
    gaps = [scores[part] - truth[part] for part in tenths(scores)]
    found = mean_estimate(np.concatenate([gap * np.sign(gap.mean()) for gap in gaps]), swing=1.0)
    return Estimate(value=found.value, low=max(found.low, 0.0), high=min(found.high, 1.0), rows=found.rows)
