"""What champion and challenger were asked and answered, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The test rows with the answers of both models, as they came; the kind of answers reads them.

    requests, answers, champion: one for each row; a champion's answer stands beside the challenger's.
    truth: what would be right for each row; None for answers that are judged without.
    baseline: the answer of a model that knows nothing of a row. On a first release it stands for the champion.
    champion: None where nobody answered for it.
    champion_missing: why a champion that there was cannot be asked; empty on a first release.
    milliseconds, champion_milliseconds: of the rows asked one at a time, both models in turn.
    labels: those that the data have; empty for data without labels.
    slices: a group's name → which rows belong to it, shape (rows,).
    earlier_decisions: how many other models this very test split has judged before.
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
        """Nothing ever served, so there is nothing to be compared with."""
        return self.champion is None and not self.champion_missing

    @property
    def champion_answers(self) -> Sequence[str]:
        """The champion's, or the baseline's."""
        return self.baseline_answers if self.champion is None else self.champion

    @property
    def baseline_answers(self) -> Sequence[str]:
        return [self.baseline] * len(self.requests)
