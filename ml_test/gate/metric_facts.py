"""What the rules must know of a metric to ask for it. How it is computed is in ``metrics``, a class for each.

They stand apart because a synthesis reads gate.toml, too, where what the gate computes with is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from ml_test.gate.answer_tables import ClassesTable, LabelsTable, ProbabilityTable, TopicsTable
from ml_test.gate.wording import LESS_IS_BETTER, MORE_IS_BETTER, Direction

if TYPE_CHECKING:
    from ml_test.gate.answer_tables import AnswersTable


class Use(IntEnum):
    """What the rules may ask of a metric. Each one includes those before it."""

    #: A floor, or a ceiling.
    LIMIT = 1
    #: The comparison with another model.
    COMPARISON = 2
    #: The same for each group of rows.
    SLICES = 3


_DECIDED = (LabelsTable, ProbabilityTable, ClassesTable)
_PROBABILITY = (ProbabilityTable,)
_CLASSES = (ClassesTable,)
_TOPICS = (TopicsTable,)
_LOSS = (0.0, float("inf"))


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricFacts:
    name: str
    #: Its name in a sentence, and an explanation for a reader who does not know it: "Accuracy is …".
    called: str
    explained: str
    #: The kinds of answers that it can read.
    of: tuple[type[AnswersTable], ...]
    use: Use
    direction: Direction = MORE_IS_BETTER
    #: The least and the greatest value that it can have.
    span: tuple[float, float] = (0.0, 1.0)
    #: Whether it looks at groups of rows. Then it is offered only if the rules say what groups them.
    grouped: bool = False

    def is_of(self, answers: AnswersTable) -> bool:
        """Whether it can read answers of this kind."""
        return isinstance(answers, self.of)


ACCURACY = MetricFacts(
    name="accuracy",
    called="accuracy",
    explained="the share of test rows that are answered right",
    of=_DECIDED,
    use=Use.SLICES,
)
MACRO_F1 = MetricFacts(
    name="macro_f1",
    called="macro-F1",
    explained=(
        "a score from 0 to 1 for finding each label and not confusing it with others; a rare label counts as much as "
        "a common one"
    ),
    of=_DECIDED,
    use=Use.COMPARISON,
)
RECALL = MetricFacts(
    name="recall",
    called="recall",
    explained="the share of a label's rows that are answered with it",
    of=_DECIDED,
    use=Use.LIMIT,
)
TOP_5 = MetricFacts(
    name="top_5",
    called="top-5 accuracy",
    explained=(
        "the share of test rows whose true label is among the five that the model finds most probable; "
        "labels that are as probable as the true one count as more probable"
    ),
    of=_CLASSES,
    use=Use.SLICES,
)
AUC = MetricFacts(
    name="auc",
    called="AUC",
    explained=(
        "how often a row where the answer came true gets a higher probability than a row where it did not; "
        "0.5 is guessing"
    ),
    of=_PROBABILITY,
    use=Use.SLICES,
)
LOG_LOSS = MetricFacts(
    name="log_loss",
    called="log loss",
    explained="a measure of how wrong the probabilities were, which counts confident mistakes most; less is better",
    of=_PROBABILITY,
    use=Use.COMPARISON,
    direction=LESS_IS_BETTER,
    span=_LOSS,
)
CLASS_LOG_LOSS = MetricFacts(
    name="class_log_loss",
    called="log loss of the true label",
    explained=(
        "a measure of how improbable the model found the true label, which counts confident mistakes most; "
        "less is better"
    ),
    of=_CLASSES,
    use=Use.COMPARISON,
    direction=LESS_IS_BETTER,
    span=_LOSS,
)
CALIBRATION_ERROR = MetricFacts(
    name="calibration_error",
    called="calibration error",
    explained="the mean distance between the probability answered and the share that came true",
    of=_PROBABILITY,
    use=Use.LIMIT,
    direction=LESS_IS_BETTER,
)
CONFIDENCE_ERROR = MetricFacts(
    name="confidence_error",
    called="confidence error",
    explained=(
        "the mean distance between the probability of the answered label and the share of these answers that were right"
    ),
    of=_CLASSES,
    use=Use.LIMIT,
    direction=LESS_IS_BETTER,
)
NDCG_AT_10 = MetricFacts(
    name="ndcg_at_10",
    called="NDCG@10",
    explained=(
        "how far up the rows that came true stand in the ranking of their group, of which the first ten places count "
        "less and less (1, 0.63, 0.5, …); 1 is the best order, and it is the mean over all groups"
    ),
    of=_PROBABILITY,
    use=Use.COMPARISON,
    grouped=True,
)
COMPLETION = MetricFacts(
    name="completion",
    called="document completion",
    explained=(
        "the mean logarithm of the probability that half of a text gives to each word of its other half; its negative "
        "is the logarithm of the perplexity"
    ),
    of=_TOPICS,
    use=Use.COMPARISON,
    span=(float("-inf"), 0.0),
)
TOPIC_DIVERSITY = MetricFacts(
    name="topic_diversity",
    called="topic diversity",
    explained="the share of different words among those that show the topics",
    of=_TOPICS,
    use=Use.LIMIT,
)
TOPIC_COHERENCE = MetricFacts(
    name="topic_coherence",
    called="topic coherence",
    explained="how often the words of a topic come together in the training texts (NPMI); 0 is chance",
    of=_TOPICS,
    use=Use.LIMIT,
    span=(-1.0, 1.0),
)

#: All that there are, in the order in which a refusal names them.
FACTS: tuple[MetricFacts, ...] = (
    ACCURACY, MACRO_F1, RECALL, TOP_5, AUC, LOG_LOSS, CLASS_LOG_LOSS, CALIBRATION_ERROR, CONFIDENCE_ERROR,
    NDCG_AT_10, COMPLETION, TOPIC_DIVERSITY, TOPIC_COHERENCE,
)  # fmt: skip
