"""Metrics that are the share of the rows of which something is true."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ml_test.gate.answers.kind import Answered
from ml_test.gate.independent import NEWCOMBE, share_difference
from ml_test.gate.intervals import TANGO, Interval, paired_shares, share
from ml_test.gate.metrics.metric import ClosedForm
from ml_test.gate.wording import SHARE, Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.gains import Pair
    from ml_test.gate.intervals import Estimate

A = TypeVar("A", bound=Answered)


class ShareOfRows(ClosedForm[A]):
    """Its own interval is Wilson's, and that of its gain Tango's."""

    own_method: ClassVar[str] = "Wilson's interval"
    method: ClassVar[str] = TANGO
    unit: ClassVar[Unit] = SHARE
    fewest_rows: ClassVar[int] = 20

    @abstractmethod
    def of_rows(self, answered: A) -> NDArray[np.bool_]:
        """Of which rows it is true, shape (rows,)."""

    def value(self, answered: A) -> float:
        return float(self.of_rows(answered).mean())

    def estimate(self, answered: A, *, seed: int) -> Estimate:  # noqa: ARG002  (nothing is drawn)
        return share(*self._counts(answered))

    def gain_bounds(self, pair: Pair[A], confidence: float) -> Bounds:
        """Tango's interval needs no widening: it accounts for rows on which the models may still differ."""
        before, after = self.of_rows(pair.champion), self.of_rows(pair.challenger)
        wins, losses = int((after & ~before).sum()), int((before & ~after).sum())
        return paired_shares(wins, losses, len(before), confidence=confidence)

    def independent(self, champion: A, challenger: A) -> Interval:
        _, low, high = share_difference(self._counts(champion), self._counts(challenger))
        return Interval(low=low, high=high, method=NEWCOMBE)

    def _counts(self, answered: A) -> tuple[int, int]:
        found = self.of_rows(answered)
        return int(found.sum()), len(found)
