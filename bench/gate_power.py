"""Which difference a test set of a given size can detect, before anyone looks at it. ``--write``: into docs/gate.md.

The number is (z of 97.5 % + z of 80 %) standard errors of the paired difference. It answers two questions at once: how
large a loss proves a challenger worse in four of five cases, and what is the smallest margin with which an equal
challenger is promoted in four of five cases. With a smaller margin the gate holds most of the time.
"""

from __future__ import annotations

import sys
from math import sqrt

import numpy as np
from scipy.special import ndtri

from bench import gate_rates as assumed
from ml_test.gate.delong import Placements

SIZES = (289, 500, 1000, 3000, 4470, 10_000)
REACH = float(ndtri(0.975) + ndtri(0.8))
SIMULATIONS = 50
BEGIN, END = "<!-- gate-power: begin -->", "<!-- gate-power: end -->"


def accuracy_detected(rows: int) -> float:
    """Equal models that share half of their mistakes differ on the other half of each."""
    differing = 2 * (1 - assumed.ACCURACY["car_evaluation"]) * (1 - assumed.SHARED_MISTAKES)
    return REACH * sqrt(differing / rows)


def auc_detected(rows: int) -> float:
    """DeLong's standard error for two simulated models, on test sets of that size."""
    generator = np.random.default_rng(rows)
    errors = []
    for _ in range(SIMULATIONS):
        truth = (np.arange(rows) < rows * assumed.CREDIT_SHARE).astype(np.int64)
        champion, challenger = assumed.paired_scores(truth.astype(float), 0.0, generator)
        errors.append(Placements.of(truth, challenger).minus(Placements.of(truth, champion)).error)
    return REACH * float(np.mean(errors))


def main(arguments: list[str]) -> int:
    lines = ["| test rows | accuracy (car_evaluation) | AUC (credit_default) |", "|---|---|---|"]
    lines += [
        f"| {rows:,} | {100 * accuracy_detected(rows):.2f} percentage points | {auc_detected(rows):.4f} |"
        for rows in SIZES
    ]
    print("\n".join(lines))
    if "--write" in arguments:
        assumed.write(lines, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
