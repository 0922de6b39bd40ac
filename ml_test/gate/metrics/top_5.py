"""The share of rows whose true label is among the five most probable ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.metric_facts import TOP_5
from ml_test.gate.metrics.share_of_rows import ShareOfRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 5


class TopFive(ShareOfRows[ClassAnswers], facts=TOP_5):
    reads: ClassVar[type[ClassAnswers]] = ClassAnswers

    def of_rows(self, answered: ClassAnswers) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = answered.ranks <= _MOST
        return found
