"""A test set that decides again and again is worn: each release that it let pass was chosen for doing well on it.

The rule is Bonferroni over decisions: if this is the n-th decision of a test split, the comparison with the champion
is made at confidence 1 - 0.05 / n. So the chance that *any* of the split's decisions let pass a model that is worse by
the margin stays at 5 % at most, however often it decides; the price is that it holds more. Floors stay at 95 %.
"""

from __future__ import annotations

from ml_test.gate.intervals import CONFIDENCE

WORN_OUT = 20


def confidence(earlier_decisions: int) -> float:
    """Of the comparison, when the test split has decided so often before."""
    if earlier_decisions < 0:
        raise ValueError(f"a test split cannot have decided {earlier_decisions} times")
    return 1 - (1 - CONFIDENCE) / (earlier_decisions + 1)


def sentence(earlier_decisions: int) -> str:
    """What the report says about it."""
    times = "has never decided before" if not earlier_decisions else f"has decided {earlier_decisions} times before"
    said = (
        f"This test split {times}, so the comparison is made at {100 * confidence(earlier_decisions):.2f} % confidence "
        f"(0.05 / {earlier_decisions + 1} left for error)."
    )
    return f"{said} It is worn out: bring new data." if earlier_decisions >= WORN_OUT else said
