"""How well half of a text predicts the other half."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml_test.gate.answers.topics import TopicAnswers
from ml_test.gate.metrics.metric import MeanOfRows
from ml_test.gate.wording import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Completion(MeanOfRows[TopicAnswers]):
    name: ClassVar[str] = "completion"
    reads: ClassVar[type[TopicAnswers]] = TopicAnswers
    called: ClassVar[str] = "document completion"
    explained: ClassVar[str] = (
        "the mean logarithm of the probability that half of a text gives to each word of its other half; its negative "
        "is the logarithm of the perplexity"
    )
    unit: ClassVar[Unit] = Unit(after_figure=" nats a word", after_difference=" nats a word")
    span: ClassVar[tuple[float, float]] = (float("-inf"), 0.0)

    def of_rows(self, answered: TopicAnswers) -> NDArray[np.float64]:
        return answered.values
