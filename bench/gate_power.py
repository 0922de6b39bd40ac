"""Which difference a test set of a given size can detect, before anyone looks at it. ``--write``: into docs/gate.md.

``scripts/new_workload/power.py`` computes it, and says what the number means.
"""

from __future__ import annotations

import sys

from bench import gate_rates as assumed
from scripts.new_workload.power import accuracy_detected, auc_detected

SIZES = (289, 500, 1000, 3000, 4470, 10_000)
BEGIN, END = "<!-- gate-power: begin -->", "<!-- gate-power: end -->"


def of_car_evaluation(rows: int) -> float:
    return accuracy_detected(rows, assumed.ACCURACY["car_evaluation"], assumed.SHARED_MISTAKES)


def of_credit_default(rows: int) -> float:
    return auc_detected(rows, assumed.CREDIT_SHARE, assumed.CREDIT_AUC, assumed.CREDIT_SHARED)


def main(arguments: list[str]) -> int:
    lines = ["| test rows | accuracy (car_evaluation) | AUC (credit_default) |", "|---|---|---|"]
    lines += [
        f"| {rows:,} | {100 * of_car_evaluation(rows):.2f} percentage points | {of_credit_default(rows):.4f} |"
        for rows in SIZES
    ]
    print("\n".join(lines))
    if "--write" in arguments:
        assumed.write(lines, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
