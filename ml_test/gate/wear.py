"""A test set that decides many times wears out: each release that passed was chosen because it did well on it.

The rule is Bonferroni over the models judged so far: the n-th one is compared at confidence 1 - 0.05 / n. One end of
such an interval is wrong in at most 0.025 / n of the cases. The chance that *any* of n decisions promotes a model that
is worse by the margin is therefore at most 0.025 · (1 + 1/2 + … + 1/n): 4.6 % after three decisions, 9 % after twenty,
when the report asks for new data. The price is that more models are held. Floors stay at 95 %.

A model that gives the same answers as an earlier one is judged as that one was: it is no new look at the test set.
"""

from __future__ import annotations

from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.wording import percent

WORN_OUT = 20


def confidence(earlier_decisions: int) -> float:
    """The confidence of the comparison, after the test split has judged so many other models."""
    if earlier_decisions < 0:
        raise ValueError(f"a test split cannot have decided {earlier_decisions} times")
    return 1 - (1 - CONFIDENCE) / (earlier_decisions + 1)


def sentence(earlier_decisions: int) -> str:
    """What the report says about the test split's wear."""
    models = f"{earlier_decisions} other {'model' if earlier_decisions == 1 else 'models'}"
    judged = f"has judged {models} before" if earlier_decisions else "has judged no other model before"
    said = (
        f"This test split {judged}, so the comparison has a confidence of {percent(confidence(earlier_decisions))} "
        f"(1 - 0.05 / {earlier_decisions + 1})."
    )
    return f"{said} The split is worn out: bring new data." if earlier_decisions >= WORN_OUT else said
