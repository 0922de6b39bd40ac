"""What every metric must do. Shared code calls these methods and never asks which metric it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

import numpy as np

from ml_test.gate import bootstrap
from ml_test.gate.answers.kind import Answered
from ml_test.gate.bootstrap import Figure
from ml_test.gate.independent import welch
from ml_test.gate.intervals import CONFIDENCE, FEWEST_TELLING, Estimate, mean_estimate, telling, unseen
from ml_test.gate.metric_facts import Use
from ml_test.gate.wording import MORE_IS_BETTER, NUMBER, Direction, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml_test.gate.answer_tables import AnswersTable
    from ml_test.gate.answers.kind import AnswerKind
    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.gains import Pair
    from ml_test.gate.intervals import Interval
    from ml_test.gate.metric_facts import MetricFacts

A = TypeVar("A", bound=Answered)


class Metric(ABC, Generic[A]):
    """A figure of one model's answers. It can have a floor or a ceiling.

    ``class Auc(ClosedForm[…], facts=AUC)`` takes from its facts what the rules must know of it.
    """

    #: Its name in gate.toml.
    name: ClassVar[str]
    #: The answers that it is computed from. It is offered to every kind that reads its answers into these.
    reads: ClassVar[type[Answered]]
    #: Its name in a sentence, and an explanation for a reader who does not know it: "Accuracy is …".
    called: ClassVar[str]
    explained: ClassVar[str]
    #: The method of its 95 % interval.
    own_method: ClassVar[str]
    unit: ClassVar[Unit] = NUMBER
    direction: ClassVar[Direction] = MORE_IS_BETTER
    #: Whether its figure is drawn from the test rows, so that its interval narrows as they come.
    drawn: ClassVar[bool] = True
    #: The least and the greatest value that it can have.
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)
    #: Whether it looks at groups of rows. Then it is offered only if the rules say what groups them.
    grouped: ClassVar[bool] = False
    use: ClassVar[Use] = Use.LIMIT

    def __init_subclass__(cls, *, facts: MetricFacts | None = None) -> None:
        super().__init_subclass__()
        if facts is not None:
            cls.name, cls.called, cls.explained = facts.name, facts.called, facts.explained
            cls.direction, cls.span, cls.grouped = facts.direction, facts.span, facts.grouped

    def is_of(self, answers: AnswersTable) -> bool:
        """Whether it can read answers of this kind."""
        return issubclass(cast("AnswerKind[Any]", answers).view, self.reads)

    @abstractmethod
    def figures(self, answered: A, *, seed: int) -> dict[str, Estimate]:
        """The figures by name, with their 95 % intervals: one, or one for each label."""

    def words(self) -> dict[str, Any]:
        """What the report needs to write about it, as JSON values."""
        return {
            "called": self.called,
            "explained": self.explained,
            "own_method": self.own_method,
            "less_is_better": self.direction.sign < 0,
            "unit": asdict(self.unit),
        }


class Compared(Metric[A]):
    """A metric that can compare two models. It is either ``ClosedForm`` or ``Resampled``."""

    use: ClassVar[Use] = Use.COMPARISON

    @abstractmethod
    def paired_method(self, answered: A) -> str:
        """The method of the interval of the paired gain, for the report."""

    @abstractmethod
    def value(self, answered: A) -> float:
        """The figure without its interval."""

    @abstractmethod
    def estimate(self, answered: A, *, seed: int) -> Estimate:
        """The figure with its 95 % interval."""

    def figures(self, answered: A, *, seed: int) -> dict[str, Estimate]:
        return {self.called: self.estimate(answered, seed=seed)}

    def telling(self, pair: Pair[A]) -> int:
        """How many rows tell the two models apart, and show by how much that varies."""
        return pair.differing

    def widening(self, answered: A, confidence: float) -> float:  # noqa: ARG002  (for an interval that accounts for it)
        """How far the true gain may be from that on these rows, if hardly any of them tells the models apart."""
        return 0.0

    def independent(self, champion: A, challenger: A) -> Interval | None:  # noqa: ARG002
        """The 95 % interval of the gain of two models that answered different rows; None if there is no method."""
        return None


class ClosedForm(Compared[A]):
    """The interval of its gain is a formula. It is quick enough to judge each group of rows."""

    use: ClassVar[Use] = Use.SLICES
    #: The method of the interval of the paired gain.
    method: ClassVar[str]
    #: A group with fewer rows is named and not judged: at the corrected confidence it could not tell anything.
    fewest_rows: ClassVar[int]

    def paired_method(self, answered: A) -> str:  # noqa: ARG002  (it does not depend on the answers)
        return self.method

    @abstractmethod
    def gain_bounds(self, pair: Pair[A], confidence: float) -> Bounds:
        """The interval of the gain on the same rows. A gain above 0 is better."""

    def too_few(self, answered: A) -> str | None:
        """The size of a group that is too small to be judged, in words; None for one that is large enough."""
        return None if len(answered) >= self.fewest_rows else f"{len(answered)} rows"


class Resampled(Compared[A]):
    """The interval of its gain comes from a bootstrap, which all such metrics share."""

    def paired_method(self, answered: A) -> str:
        return f"paired bootstrap{answered.stratified}, BCa"

    def strata(self, answered: A) -> NDArray[np.int64] | None:  # noqa: ARG002
        """The stratum of each unit that a resample draws; None if it draws rows, as the answers' own strata say."""
        return None

    @abstractmethod
    def gain_figure(self, pair: Pair[A]) -> Figure:
        """The gain as a figure of a resample, which has the same rows for both models. A gain above 0 is better."""


class MeanOfRows(Resampled[A]):
    """A metric that is the mean of one value per row, such as a loss or an error."""

    own_method: ClassVar[str] = "Student's interval of a mean"
    span: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    @abstractmethod
    def of_rows(self, answered: A) -> NDArray[np.float64]:
        """The value of each row, shape (rows,)."""

    def value(self, answered: A) -> float:
        return float(self.of_rows(answered).mean())

    def estimate(self, answered: A, *, seed: int) -> Estimate:  # noqa: ARG002  (nothing is drawn)
        found, (least, most) = mean_estimate(self.of_rows(answered), swing=self.swing(answered)), self.span
        return Estimate(value=found.value, low=max(found.low, least), high=min(found.high, most), rows=found.rows)

    def swing(self, answered: A) -> float:
        """How far the value of one more row may be from those of these rows: their range, or 1 where they are alike."""
        values = self.of_rows(answered)
        return float(values.max() - values.min()) or 1.0

    def gain_figure(self, pair: Pair[A]) -> Figure:
        gained = self.direction.sign * (self.of_rows(pair.challenger) - self.of_rows(pair.champion))
        return _mean(gained)

    def telling(self, pair: Pair[A]) -> int:
        gained = self.of_rows(pair.challenger) - self.of_rows(pair.champion)
        return min(pair.differing, telling(gained, pair.challenger.strata, swing=self.swing(pair.challenger)))

    def widening(self, answered: A, confidence: float) -> float:
        return unseen(len(answered), confidence) * self.swing(answered)

    def independent(self, champion: A, challenger: A) -> Interval:
        models = [(self.of_rows(model), self.swing(model)) for model in (champion, challenger)]
        return welch(*models, sign=self.direction.sign)


class MeanOfGroups(Resampled[A]):
    """A metric that is the mean of one value per group of rows, such as how well each user's rows are ranked.

    Rows of one group belong together, so a resample draws whole groups. Their number is what the interval follows.
    """

    grouped: ClassVar[bool] = True
    own_method: ClassVar[str] = "bootstrap of groups, BCa"

    @abstractmethod
    def of_groups(self, answered: A) -> NDArray[np.float64]:
        """The value of each group that has one, shape (groups,). Which groups these are follows from the truth alone.

        ValueError if there is none.
        """

    def paired_method(self, answered: A) -> str:
        return f"paired bootstrap of {len(self.of_groups(answered))} groups, BCa"

    def value(self, answered: A) -> float:
        return float(self.of_groups(answered).mean())

    def estimate(self, answered: A, *, seed: int) -> Estimate:
        values = self.of_groups(answered)
        found, strata = _mean(values), np.zeros(len(values), dtype=np.int64)
        low, high = bootstrap.intervals({"": found}, strata, confidences=[CONFIDENCE], seed=seed)[""][0]
        reach = unseen(len(values), CONFIDENCE) if telling(values, strata, swing=1.0) < FEWEST_TELLING else 0.0
        least, most = self.span
        low, high = max(min(low, found.value - reach), least), min(max(high, found.value + reach), most)
        return Estimate(value=found.value, low=low, high=high, rows=len(answered))

    def strata(self, answered: A) -> NDArray[np.int64]:
        return np.zeros(len(self.of_groups(answered)), dtype=np.int64)

    def gain_figure(self, pair: Pair[A]) -> Figure:
        return _mean(self._gained(pair))

    def telling(self, pair: Pair[A]) -> int:
        return telling(self._gained(pair), self.strata(pair.challenger), swing=1.0)

    def widening(self, answered: A, confidence: float) -> float:
        return unseen(len(self.of_groups(answered)), confidence)

    def _gained(self, pair: Pair[A]) -> NDArray[np.float64]:
        return self.direction.sign * (self.of_groups(pair.challenger) - self.of_groups(pair.champion))


def _mean(values: NDArray[np.float64]) -> Figure:
    return Figure(parts=np.stack([values, np.ones(len(values))]), of=lambda sums: sums[0] / np.maximum(sums[1], 1))
