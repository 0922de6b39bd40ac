"""What champion and challenger were asked and answered, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The test rows with the answers of both models.

    truth, answers, champion: (rows,); a champion's answer stands beside the challenger's to the same row.
    champion: None on a first release. Then the baseline stands for it: ``majority``, the commonest label of the
        *training* rows, or, for probabilities, ``base_rate``, the share of ``positive`` among them.
    positive: the label whose probability is answered; None where labels are answered.
    slices: a column's name → its value in each row.
    earlier_decisions: how often this very test split has decided before.
    """

    truth: Sequence[str]
    answers: Sequence[str]
    milliseconds: Sequence[float]
    labels: Sequence[str]
    majority: str
    seed: int
    champion: Sequence[str] | None = None
    champion_milliseconds: Sequence[float] = ()
    positive: str | None = None
    base_rate: float | None = None
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    earlier_decisions: int = 0

    def __post_init__(self) -> None:
        if not self.truth:
            raise ValueError("there are no test rows, so nothing can be judged")
        lengths = {"answers": self.answers, "milliseconds": self.milliseconds, **self.slices}
        if self.champion is not None:
            lengths |= {"champion": self.champion, "champion_milliseconds": self.champion_milliseconds}
        for name, values in lengths.items():
            if len(values) != len(self.truth):
                raise ValueError(f"{name} has {len(values)} values for {len(self.truth)} test rows")
        unknown = sorted(set(self.truth) - set(self.labels))
        if unknown:
            raise ValueError(f"test rows carry labels that the model does not know: {unknown}; it knows {self.labels}")
        if self.positive is not None and (len(self.labels) != 2 or self.positive not in self.labels):
            raise ValueError(f"probabilities of {self.positive!r} need two labels, it among them, not {self.labels}")

    @property
    def first_release(self) -> bool:
        return self.champion is None

    @property
    def champion_answers(self) -> Sequence[str]:
        """The champion's, or the baseline's."""
        if self.champion is not None:
            return self.champion
        baseline = self.majority if self.positive is None else repr(self.base_rate)
        return [baseline] * len(self.truth)

    @property
    def truth_codes(self) -> NDArray[np.int64]:
        """Shape (rows,): the place of each true label in ``labels``; for probabilities 1 for ``positive``, else 0."""
        if self.positive is not None:
            return np.array([label == self.positive for label in self.truth], dtype=np.int64)
        place = {label: index for index, label in enumerate(self.labels)}
        return np.array([place[label] for label in self.truth], dtype=np.int64)

    def unusable(self, answers: Sequence[str]) -> list[str]:
        """The answers that are no label, or no probability."""
        if self.positive is None:
            known = set(self.labels)
            return [answer for answer in answers if answer not in known]
        return [answer for answer in answers if probability(answer) is None]

    def answer_codes(self, answers: Sequence[str]) -> NDArray[np.int64]:
        """Shape (rows,): the place of each answer in ``labels``; what is no label gets the place after the last."""
        place = {label: index for index, label in enumerate(self.labels)}
        return np.array([place.get(answer, len(self.labels)) for answer in answers], dtype=np.int64)

    def probabilities(self, answers: Sequence[str]) -> NDArray[np.float64]:
        """Shape (rows,): what is no probability counts as the worst answer, certain of the wrong label."""
        worst = 1 - self.truth_codes
        read = (probability(answer) for answer in answers)
        return np.array([wrong if value is None else value for value, wrong in zip(read, worst, strict=True)], float)


def probability(answer: str) -> float | None:
    """The answer as a number in [0, 1], or None: NaN, infinity, text and numbers outside are no probabilities."""
    try:
        value = float(answer)
    except ValueError:
        return None
    return value if isfinite(value) and 0 <= value <= 1 else None
