"""How well half of a text predicts the other half."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.topics import TopicAnswers
from ml_test.gate.metric_facts import COMPLETION
from ml_test.gate.metrics.metric import MeanOfRows
from ml_test.gate.wording import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Completion(MeanOfRows[TopicAnswers], facts=COMPLETION):
    reads: ClassVar[type[TopicAnswers]] = TopicAnswers
    unit: ClassVar[Unit] = Unit(after_figure=" nats a word", after_difference=" nats a word")

    def of_rows(self, answered: TopicAnswers) -> NDArray[np.float64]:
        return answered.values
