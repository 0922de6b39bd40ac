"""The share of rows whose true label is among the five most probable ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.classes import ClassAnswers
from ml_test.gate.metrics.share_of_rows import ShareOfRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 5


class TopFive(ShareOfRows[ClassAnswers]):
    name: ClassVar[str] = "top_5"
    reads: ClassVar[type[ClassAnswers]] = ClassAnswers
    called: ClassVar[str] = "top-5 accuracy"
    explained: ClassVar[str] = (
        "the share of test rows whose true label is among the five that the model finds most probable; "
        "labels that are as probable as the true one count as more probable"
    )

    def of_rows(self, answered: ClassAnswers) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = answered.ranks <= _MOST
        return found
