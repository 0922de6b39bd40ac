"""Test rows that decide many times wear out: each release that passed was chosen because it did well on them.

The rule is Bonferroni over the models judged so far: the n-th one is compared at confidence 1 - 0.05 / n. One end of
such an interval is wrong in at most 0.025 / n of the cases. The chance that *any* of n decisions on the same rows
promotes a model that is worse by the margin is therefore at most 0.025 · (1 + 1/2 + … + 1/n): 4.6 % after three
decisions, 9 % after twenty, when the report asks for new rows. The price is that more models are held. Floors stay at
95 %.

Rows are counted, not files. n - 1 is the mean, over the test rows, of how many other models each has judged, rounded
up. The mean, because what an earlier decision has given away about these rows is in proportion to the rows that both
share: the means of two sets of n rows, m of them common, have the correlation m / n. A decision on a tenth of the rows
counts as a tenth of one. With the same rows throughout, this is the rule above, and the bound holds. With rows that
come and go it is no bound any more but its natural extension: where a share f of the rows stays from release to
release, n - 1 settles at f / (1 - f), and each decision is as strict as if so many models had been judged on the very
same rows.
The maximum would be safe and useless, because a single old row would make all new ones as old as itself; the minimum
would let a single new row wash the others clean. Rounding up makes the smallest overlap count as a whole model.

A model that gives the same answers to the same rows as an earlier one is judged as that one was: it is no new look.
"""

from __future__ import annotations

from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.wording import percent

WORN_OUT = 20


def confidence(earlier_decisions: int) -> float:
    """The confidence of the comparison, after the test rows have judged so many other models."""
    if earlier_decisions < 0:
        raise ValueError(f"test rows cannot have decided {earlier_decisions} times")
    return 1 - (1 - CONFIDENCE) / (earlier_decisions + 1)


def sentence(earlier_decisions: int) -> str:
    """What the report says about the test rows' wear."""
    models = f"{earlier_decisions} other {'model' if earlier_decisions == 1 else 'models'}"
    judged = f"have judged {models} before" if earlier_decisions else "have judged no other model before"
    mean = ", counted row by row" if earlier_decisions else ""
    sure = percent(confidence(earlier_decisions))
    said = (
        f"These test rows {judged}{mean}, so the comparison has a confidence of {sure} "
        f"(1 - 0.05 / {earlier_decisions + 1})."
    )
    return f"{said} The rows are worn out: bring new ones." if earlier_decisions >= WORN_OUT else said
