"""The recall of each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ml_test.gate.answers.decided import Decided
from ml_test.gate.intervals import share
from ml_test.gate.metric_facts import RECALL
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.wording import SHARE, Unit

if TYPE_CHECKING:
    from ml_test.gate.intervals import Estimate


class Recall(Metric[Decided], facts=RECALL):
    """Its floor holds for each label separately. It does not compare two models."""

    reads: ClassVar[type[Decided]] = Decided
    own_method: ClassVar[str] = "Wilson's interval"
    unit: ClassVar[Unit] = SHARE

    def figures(self, answered: Decided, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002  (nothing is drawn)
        hits = np.diagonal(answered.matrix)
        rows = answered.matrix.sum(axis=1)
        return {
            f"recall of {label}": share(int(hit), int(count))
            for label, hit, count in zip(answered.labels, hits, rows, strict=True)
            if count
        }
