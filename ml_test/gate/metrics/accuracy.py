"""The share of right answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.decided import Decided
from ml_test.gate.independent import NEWCOMBE, share_difference
from ml_test.gate.intervals import TANGO, Interval, paired_shares, share
from ml_test.gate.metrics.metric import ClosedForm
from ml_test.gate.wording import SHARE, Unit

if TYPE_CHECKING:
    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.gains import Pair
    from ml_test.gate.intervals import Estimate


class Accuracy(ClosedForm[Decided]):
    name: ClassVar[str] = "accuracy"
    reads: ClassVar[type[Decided]] = Decided
    called: ClassVar[str] = "accuracy"
    explained: ClassVar[str] = "the share of test rows that are answered right"
    own_method: ClassVar[str] = "Wilson's interval"
    method: ClassVar[str] = TANGO
    unit: ClassVar[Unit] = SHARE
    fewest_rows: ClassVar[int] = 20

    def value(self, answered: Decided) -> float:
        return float(answered.right.mean())

    def estimate(self, answered: Decided, *, seed: int) -> Estimate:  # noqa: ARG002  (nothing is drawn)
        return share(int(answered.right.sum()), len(answered))

    def figures(self, answered: Decided, *, seed: int) -> dict[str, Estimate]:
        return {f"{self.called}{answered.by}": self.estimate(answered, seed=seed)}

    def gain_bounds(self, pair: Pair[Decided], confidence: float) -> Bounds:
        """Tango's interval needs no widening: it accounts for rows on which the models may still differ."""
        before, after = pair.champion.right, pair.challenger.right
        wins, losses = int((after & ~before).sum()), int((before & ~after).sum())
        return paired_shares(wins, losses, len(before), confidence=confidence)

    def independent(self, champion: Decided, challenger: Decided) -> Interval:
        _, low, high = share_difference(_right(champion), _right(challenger))
        return Interval(low=low, high=high, method=NEWCOMBE)


def _right(answered: Decided) -> tuple[int, int]:
    return int(answered.right.sum()), len(answered)
