"""Which difference a test set of a size can detect, before anyone looks at it. ``--write``: into docs/gate.md.

The number is (z of 97.5 % + z of 80 %) standard errors of the paired difference. It answers two questions at once: from
which loss on is a worse challenger proven worse in four of five cases, and which margin is the smallest with which an
equal challenger is promoted in four of five cases. A margin below it makes the gate hold most of the time.
"""

from __future__ import annotations

import sys
from math import sqrt
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

import numpy as np  # noqa: E402  (the project is no installed package)
from scipy.special import ndtri  # noqa: E402

from bench import gate_rates as assumed  # noqa: E402
from ml_test.gate.paired import figure  # noqa: E402
from ml_test.gate.resampling import value_of  # noqa: E402

SIZES = (240, 500, 1000, 3000, 6000, 10_000)
REACH = float(ndtri(0.975) + ndtri(0.8))
SIMULATIONS = 200
BEGIN, END = "<!-- gate-power: begin -->", "<!-- gate-power: end -->"


def accuracy_detected(rows: int) -> float:
    """Equal models that share half of their mistakes differ on the other halves."""
    differing = 2 * (1 - assumed.CAR_ACCURACY) * (1 - assumed.CAR_SHARED_MISTAKES)
    return REACH * sqrt(differing / rows)


def auc_detected(rows: int) -> float:
    """The standard error is the spread over simulated test sets of that size."""
    generator = np.random.default_rng(rows)
    gains = []
    for _ in range(SIMULATIONS):
        drawn = assumed.credit_rows(0.0, generator, rows)
        before, after = (
            value_of(figure("auc", drawn, answers), rows) for answers in (drawn.champion, drawn.challenger)
        )
        gains.append(after - before)
    return REACH * float(np.std(gains, ddof=1))


def main() -> int:
    lines = ["| test rows | accuracy (car_evaluation) | AUC (credit_default) |", "|---|---|---|"]
    lines += [
        f"| {rows:,} | {100 * accuracy_detected(rows):.2f} percentage points | {auc_detected(rows):.4f} |"
        for rows in SIZES
    ]
    print("\n".join(lines))
    if "--write" in sys.argv:
        assumed.write(lines, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main())
