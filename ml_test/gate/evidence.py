"""The test rows with both models' answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The test rows, and both models' answers as the endpoints gave them. The kind of answers reads them.

    requests, answers: one for each test row.
    truth: the right answer to each row; None for a kind of answers that needs no truth.
    baseline: the answer of a model that knows nothing about a row. It replaces the champion's if there is no champion.
    champion: the champion's answers; None if there is no champion, or if it cannot be asked.
    champion_missing: why the champion cannot be asked; empty on a first release.
    milliseconds, champion_milliseconds: the times of the rows that were asked one at a time, both models in turn.
    labels: all labels in the data; empty for data without labels.
    slices: for each group's name, the mask of its rows, shape (rows,).
    earlier_decisions: how many other models this test split has judged before.
    """

    requests: Sequence[str]
    truth: Sequence[str] | None
    answers: Sequence[str]
    milliseconds: Sequence[float]
    baseline: str
    seed: int
    labels: Sequence[str] = ()
    champion: Sequence[str] | None = None
    champion_milliseconds: Sequence[float] = ()
    champion_missing: str = ""
    slices: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    earlier_decisions: int = 0

    def __post_init__(self) -> None:
        if not self.requests:
            raise ValueError("there are no test rows, so nothing can be judged")
        given = {"truth": self.truth, "answers": self.answers, "champion": self.champion, **self.slices}
        for name, values in given.items():
            if values is not None and len(values) != len(self.requests):
                raise ValueError(f"{name} has {len(values)} values for {len(self.requests)} test rows")

    @property
    def first_release(self) -> bool:
        """Nothing has ever served in PROD, so there is nothing to compare with."""
        return self.champion is None and not self.champion_missing

    @property
    def champion_answers(self) -> Sequence[str]:
        """The champion's answers, or the baseline's if there are none."""
        return self.baseline_answers if self.champion is None else self.champion

    @property
    def baseline_answers(self) -> Sequence[str]:
        return [self.baseline] * len(self.requests)
