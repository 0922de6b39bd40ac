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

    requests, truth, answers, champion: one for each row; a champion's answer stands beside the challenger's.
    champion: None where nobody answered for it. On a first release the baseline stands for it: ``majority``, the
        commonest label of the *training* rows, or, for probabilities, ``base_rate``, the share of ``positive`` in them.
    champion_missing: why a champion that there was cannot be asked; empty on a first release.
    milliseconds, champion_milliseconds: of the rows asked one at a time, both models in turn.
    positive: the label whose probability is answered; None where labels are answered.
    slices: a group's name → which rows belong to it, shape (rows,).
    earlier_decisions: how many other models this very test split has judged before.
    """

    requests: Sequence[str]
    truth: Sequence[str]
    answers: Sequence[str]
    milliseconds: Sequence[float]
    labels: Sequence[str]
    majority: str
    seed: int
    champion: Sequence[str] | None = None
    champion_milliseconds: Sequence[float] = ()
    champion_missing: str = ""
    positive: str | None = None
    base_rate: float = 0.5
    slices: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    earlier_decisions: int = 0

    def __post_init__(self) -> None:
        if not self.truth:
            raise ValueError("there are no test rows, so nothing can be judged")
        lengths = {"requests": self.requests, "answers": self.answers, **self.slices}
        if self.champion is not None:
            lengths["champion"] = self.champion
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
        """Nothing ever served, so there is nothing to be compared with."""
        return self.champion is None and not self.champion_missing

    @property
    def champion_answers(self) -> Sequence[str]:
        """The champion's, or the baseline's."""
        if self.champion is not None:
            return self.champion
        return [self.majority if self.positive is None else repr(self.base_rate)] * len(self.truth)

    @property
    def truth_codes(self) -> NDArray[np.int64]:
        """Shape (rows,): the place of each true label in ``labels``; for probabilities 1 for ``positive``, else 0."""
        if self.positive is not None:
            return np.array([label == self.positive for label in self.truth], dtype=np.int64)
        place = {label: index for index, label in enumerate(self.labels)}
        return np.array([place[label] for label in self.truth], dtype=np.int64)

    def usable(self, answer: str) -> bool:
        """Whether it is a known label, or a probability."""
        return answer in self.labels if self.positive is None else probability(answer) is not None

    def codes(self, answers: Sequence[str]) -> NDArray[np.generic]:
        """Shape (rows,): labels as their places, what is none as the place after the last; or the probabilities.

        What is no probability counts as the worst answer: certain of the wrong label.
        """
        if self.positive is None:
            place = {label: index for index, label in enumerate(self.labels)}
            return np.array([place.get(answer, len(self.labels)) for answer in answers], dtype=np.int64)
        read = zip((probability(answer) for answer in answers), 1 - self.truth_codes, strict=True)
        return np.array([wrong if value is None else value for value, wrong in read], dtype=float)

    def decided(self, answers: Sequence[str], threshold: float) -> list[str]:
        """The answers as labels: a probability from ``threshold`` on is ``positive``; what is none stays as it is."""
        if self.positive is None:
            return list(answers)
        negative = next(label for label in self.labels if label != self.positive)
        read = [(answer, probability(answer)) for answer in answers]
        return [
            answer if value is None else self.positive if value >= threshold else negative for answer, value in read
        ]


def probability(answer: str) -> float | None:
    """The answer as a number in [0, 1], or None: NaN, infinity, text and numbers outside are no probabilities."""
    try:
        value = float(answer)
    except ValueError:
        return None
    return value if isfinite(value) and 0 <= value <= 1 else None
