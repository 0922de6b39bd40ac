"""What the words of the topics show, without any test text."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ml_test.gate.answers.topics import TopicAnswers
from ml_test.gate.intervals import Estimate, mean_estimate
from ml_test.gate.metric_facts import TOPIC_COHERENCE, TOPIC_DIVERSITY
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.wording import SHARE, Unit


class TopicDiversity(Metric[TopicAnswers], facts=TOPIC_DIVERSITY):
    """It is a property of the model and drawn from no rows: its interval is the figure itself."""

    reads: ClassVar[type[TopicAnswers]] = TopicAnswers
    own_method: ClassVar[str] = "none: it is counted, and drawn from nothing"
    unit: ClassVar[Unit] = SHARE
    drawn: ClassVar[bool] = False

    def figures(self, answered: TopicAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        found = answered.reader.found
        value = found.diversity if found else 0.0
        return {self.called: Estimate(value=value, low=value, high=value, rows=len(answered))}


class TopicCoherence(Metric[TopicAnswers], facts=TOPIC_COHERENCE):
    """The interval is over the topics: another training would find others."""

    reads: ClassVar[type[TopicAnswers]] = TopicAnswers
    own_method: ClassVar[str] = "Student's interval of a mean over the topics"
    drawn: ClassVar[bool] = False

    def figures(self, answered: TopicAnswers, *, seed: int) -> dict[str, Estimate]:  # noqa: ARG002
        found = answered.reader.found
        if found is None:
            return {self.called: Estimate(value=-1.0, low=-1.0, high=-1.0, rows=0)}
        return {self.called: mean_estimate(found.coherences, swing=float(np.ptp(found.coherences)) or 1.0)}
