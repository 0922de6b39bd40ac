"""The share of right answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.decided import Decided
from ml_test.gate.metric_facts import ACCURACY
from ml_test.gate.metrics.share_of_rows import ShareOfRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml_test.gate.intervals import Estimate


class Accuracy(ShareOfRows[Decided], facts=ACCURACY):
    reads: ClassVar[type[Decided]] = Decided

    def of_rows(self, answered: Decided) -> NDArray[np.bool_]:
        return answered.right

    def figures(self, answered: Decided, *, seed: int) -> dict[str, Estimate]:
        return {f"{self.called}{answered.by}": self.estimate(answered, seed=seed)}
