"""A test set that decides again and again is worn: each release that it let pass was chosen for doing well on it.

The rule is Bonferroni over the models judged so far: the n-th one is compared at confidence 1 - 0.05 / n. One end of
such an interval errs in at most 0.025 / n of the cases, so the chance that *any* of n decisions lets pass a model that
is worse by the margin is at most 0.025 · (1 + 1/2 + … + 1/n): 4.6 % after three, 9 % after twenty, when the report asks
for new data. The price is that more is held. Floors stay at 95 %.

The very same answers are no new look: they are judged as they were the first time.
"""

from __future__ import annotations

from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.wording import percent

WORN_OUT = 20


def confidence(earlier_decisions: int) -> float:
    """Of the comparison, when the test split has judged so many other models before."""
    if earlier_decisions < 0:
        raise ValueError(f"a test split cannot have decided {earlier_decisions} times")
    return 1 - (1 - CONFIDENCE) / (earlier_decisions + 1)


def sentence(earlier_decisions: int) -> str:
    """What the report says about it."""
    models = f"{earlier_decisions} other {'model' if earlier_decisions == 1 else 'models'}"
    judged = f"has judged {models} before" if earlier_decisions else "has judged no other model before"
    said = (
        f"This test split {judged}, so the comparison is made at {percent(confidence(earlier_decisions))} "
        f"confidence (0.05 / {earlier_decisions + 1} is left for error)."
    )
    return f"{said} It is worn out: bring new data." if earlier_decisions >= WORN_OUT else said
