"""What every metric promises. Shared code asks the metric, and never which metric it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from ml_test.gate.answers.kind import Answered
from ml_test.gate.bootstrap import Figure
from ml_test.gate.independent import welch
from ml_test.gate.intervals import mean_estimate, unseen
from ml_test.gate.wording import MORE_IS_BETTER, NUMBER, Direction, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.gains import Pair
    from ml_test.gate.intervals import Estimate, Interval

A = TypeVar("A", bound=Answered)


class Metric(ABC, Generic[A]):
    """A figure of one model's answers, which a floor or a ceiling can be held against."""

    #: What gate.toml calls it.
    name: ClassVar[str]
    #: The answers that it is a figure of; it is offered to every kind that reads into these.
    reads: ClassVar[type[Answered]]
    #: Its name in a sentence, and what it is, for someone who has not met it: "Accuracy is …".
    called: ClassVar[str]
    explained: ClassVar[str]
    #: How its own interval is made.
    own_method: ClassVar[str]
    unit: ClassVar[Unit] = NUMBER
    direction: ClassVar[Direction] = MORE_IS_BETTER
    #: The least and the greatest value that a floor or a ceiling can ask for.
    span: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @abstractmethod
    def figures(self, answered: A, *, seed: int) -> dict[str, Estimate]:
        """By its name in a sentence, each with its 95 % interval; several where the metric is of each label."""

    def words(self) -> dict[str, Any]:
        """What a report needs to speak of it, as JSON values."""
        return {
            "called": self.called,
            "explained": self.explained,
            "own_method": self.own_method,
            "less_is_better": self.direction.sign < 0,
            "unit": asdict(self.unit),
        }


class Compared(Metric[A]):
    """A metric in which two models can be compared; how its gain is found makes it ``ClosedForm`` or ``Resampled``."""

    #: How the interval of the paired gain is made.
    paired_method: ClassVar[str]

    @abstractmethod
    def value(self, answered: A) -> float:
        """The figure without its interval."""

    @abstractmethod
    def estimate(self, answered: A, *, seed: int) -> Estimate:
        """The figure with its 95 % interval."""

    def figures(self, answered: A, *, seed: int) -> dict[str, Estimate]:
        return {self.called: self.estimate(answered, seed=seed)}

    def widening(self, answered: A, confidence: float) -> float:  # noqa: ARG002  (an interval that knows by itself)
        """How far the gain may really be from 0 for two models that answer all of these rows alike."""
        return 0.0

    def independent(self, champion: A, challenger: A) -> Interval | None:  # noqa: ARG002
        """The 95 % interval of challenger minus champion where each answered rows of its own; None for want of one."""
        return None


class ClosedForm(Compared[A]):
    """The interval of its gain is a formula: quick enough for each group of rows by itself."""

    #: A group with fewer rows cannot tell anything at a corrected confidence: it is named, not judged.
    fewest_rows: ClassVar[int]

    @abstractmethod
    def gain_bounds(self, pair: Pair[A], confidence: float) -> Bounds:
        """The interval of the challenger's figure minus the champion's, on the same rows; above 0 is better."""

    def too_few(self, answered: A) -> str | None:
        """What a group of rows has too few of, in words; None where it can be judged."""
        return None if len(answered) >= self.fewest_rows else f"{len(answered)} rows"


class Resampled(Compared[A]):
    """The interval of its gain comes from a bootstrap, which draws for all such metrics at once."""

    paired_method: ClassVar[str] = "paired bootstrap, stratified by the true label, BCa"

    @abstractmethod
    def gain_figure(self, pair: Pair[A]) -> Figure:
        """The challenger's figure minus the champion's, of the same rows in each resample; above 0 is better."""


class MeanOfRows(Resampled[A]):
    """A metric that is the mean of something that each row has: a loss, an error."""

    own_method: ClassVar[str] = "the normal interval of a mean"
    span: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    @abstractmethod
    def of_rows(self, answered: A) -> NDArray[np.float64]:
        """Shape (rows,)."""

    def value(self, answered: A) -> float:
        return float(self.of_rows(answered).mean())

    def estimate(self, answered: A, *, seed: int) -> Estimate:  # noqa: ARG002  (nothing is drawn)
        return mean_estimate(self.of_rows(answered))

    def gain_figure(self, pair: Pair[A]) -> Figure:
        gained = self.direction.sign * (self.of_rows(pair.challenger) - self.of_rows(pair.champion))
        return Figure(parts=np.stack([gained, np.ones(len(gained))]), of=lambda sums: sums[0] / sums[1])

    def widening(self, answered: A, confidence: float) -> float:
        """A row that was not seen moves the mean by no more than the range of what was seen."""
        values = self.of_rows(answered)
        return unseen(len(values), confidence) * float(values.max() - values.min())

    def independent(self, champion: A, challenger: A) -> Interval:
        before, after = self.of_rows(champion), self.of_rows(challenger)
        return welch(before, after, sign=self.direction.sign)
