"""The table ``[answers]`` of gate.toml, a type for each kind. What the gate does with the answers is in ``answers``.

They stand apart because a synthesis reads gate.toml, too, where what the gate computes with is not installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from handover.costs import UNSTATED_COST, threshold_of
from ml_steps.changes import ITS_OWN_FIELDS, LOOSER_IF_CHANGED, LOOSER_IF_MORE


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswersTable:
    """What every kind has."""

    #: The value of ``kind`` in gate.toml.
    name: ClassVar[str]
    #: The column whose values group the rows, such as ``user``. Metrics of rankings look at each group by itself.
    grouped_by: str = field(default="", metadata=LOOSER_IF_CHANGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelsTable(AnswersTable):
    """The endpoint answers with one of the labels. Any other answer is unusable, and counts as wrong."""

    name: ClassVar[str] = "labels"


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What the two wrong decisions cost. Only the ratio counts, so the unit does not matter."""

    #: Of a row with the label ``of`` that is decided not to have it.
    missed: float = field(default=UNSTATED_COST, metadata=LOOSER_IF_CHANGED)
    #: Of a row without that label that is decided to have it.
    false_alarm: float = field(default=UNSTATED_COST, metadata=LOOSER_IF_CHANGED)

    def __post_init__(self) -> None:
        for key, cost in (("missed", self.missed), ("false_alarm", self.false_alarm)):
            if cost <= 0:
                raise ValueError(f"{key} = {cost}: expected a number above 0")

    @property
    def threshold(self) -> float:
        """The probability from which on raising the alarm is expected to cost less than not raising it."""
        return threshold_of(missed=self.missed, false_alarm=self.false_alarm)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbabilityTable(AnswersTable):
    """The endpoint answers with the probability of the label ``of``. The ``costs`` set the threshold for a decision."""

    name: ClassVar[str] = "probability"

    #: The label that the answer is the probability of.
    of: str = field(metadata=LOOSER_IF_CHANGED)
    #: What the two wrong decisions cost; equal if nothing is said.
    costs: Costs = field(default_factory=Costs, metadata=ITS_OWN_FIELDS)
    #: Two answers to the same request count as the same one if they are no further apart.
    tolerance: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _check_tolerance(self.tolerance)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassesTable(AnswersTable):
    """The endpoint answers with a JSON list: the probability of each label, in the order of the data contract."""

    name: ClassVar[str] = "classes"

    #: Two answers to the same request count as the same one if no two of their probabilities are further apart.
    tolerance: float = field(default=0.0, metadata=LOOSER_IF_MORE)

    def __post_init__(self) -> None:
        _check_tolerance(self.tolerance)


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicsTable(AnswersTable):
    """The endpoint answers with the weights of topics. They have no truth: half of a text predicts its other half."""

    name: ClassVar[str] = "topics"

    #: How many of the commonest words of the training texts are judged.
    words: int = field(default=2000, metadata=LOOSER_IF_CHANGED)
    #: Words in more of the training texts than this share are not judged: they tell nothing of topics.
    commonest_share: float = field(default=0.25, metadata=LOOSER_IF_CHANGED)
    #: How many words show a topic.
    top: int = field(default=20, metadata=LOOSER_IF_CHANGED)

    def __post_init__(self) -> None:
        for key, count in (("words", self.words), ("top", self.top)):
            if count < 1:
                raise ValueError(f"{key} = {count}: expected a number of 1 or above")
        if self.top > self.words:
            raise ValueError(f"top = {self.top}: expected at most words, {self.words}")
        if not 0 < self.commonest_share <= 1:
            raise ValueError(f"commonest_share = {self.commonest_share}: expected a share above 0, up to 1")


def _check_tolerance(tolerance: float) -> None:
    """ValueError unless probabilities can differ by so much and still differ."""
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance = {tolerance}: expected a number from 0 to below 1")


TABLES: tuple[type[AnswersTable], ...] = (LabelsTable, ProbabilityTable, ClassesTable, TopicsTable)
