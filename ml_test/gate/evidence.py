"""The test rows with both models' answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from handover.invocations import NoAnswer
from ml_test.gate.answers.kind import Answered
from ml_test.gate.line import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.answers.kind import AnswerKind
    from ml_test.gate.curve import Curve
    from ml_test.gate.importance import Dealt
    from ml_test.gate.learning import Learning
    from ml_test.gate.repeats import Repeated

A = TypeVar("A", bound=Answered)


@dataclass(frozen=True, kw_only=True, slots=True)
class Readers:
    """What the kind of answers needs to read each model's answers (``AnswerKind.reader``)."""

    challenger: Any = None
    champion: Any = None
    baseline: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The test rows, and both models' answers as the endpoints gave them. The kind of answers reads them.

    requests, answers: one for each test row. An answer that never came is a ``NoAnswer``.
    rows: the identity of each test row; empty if nobody knows them.
    learning: what both models learned from; None if nobody asked.
    baseline, groups, slices, popularity, readers: as some rules have them; none before rules were applied.
    groups: the group of each row, such as its user; empty if the rules group no rows.
    readers: how each model's answers are read, for a kind of answers that needs more than their texts.
    truth: the right answer to each row; None for a kind of answers that needs no truth.
    popularity: the answers of a model that ranks by how popular a column's value is; empty if the rules ask for none.
    baseline: the answer of a model that knows nothing about a row. It replaces the champion's if there is no champion.
    champion: the champion's answers; None if there is no champion, or if it cannot be asked.
    champion_missing: why the champion cannot be asked; empty on a first release.
    milliseconds, champion_milliseconds: the times of the rows that were asked one at a time, both models in turn, and
    were answered at once. line, champion_line: what the endpoints' rows went through before they were answered.
    smoke: the challenger's answers to the smoke requests.
    repeated, champion_repeated: the rows that were asked more than once; None if none was to be.
    labels: all labels in the data; empty for data without labels.
    slices: for each group's name, the mask of its rows, shape (rows,).
    dealt: rows that were asked once more, each with the values of another in one column.
    earlier_decisions: how many other models these rows have judged before.
    curve: what the challenger's training job has reported; None if nobody asked. It is shown, and never judged by.
    """

    requests: Sequence[str]
    truth: Sequence[str] | None
    answers: Sequence[str]
    milliseconds: Sequence[float]
    seed: int
    baseline: str = ""
    labels: Sequence[str] = ()
    champion: Sequence[str] | None = None
    champion_milliseconds: Sequence[float] = ()
    champion_missing: str = ""
    slices: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    earlier_decisions: int = 0
    line: Line = field(default_factory=Line)
    champion_line: Line = field(default_factory=Line)
    smoke: Sequence[str] = ()
    repeated: Repeated | None = None
    champion_repeated: Repeated | None = None
    dealt: Sequence[Dealt] = ()
    rows: Sequence[str] = ()
    learning: Learning | None = None
    groups: Sequence[str] = ()
    popularity: Sequence[str] = ()
    readers: Readers = field(default_factory=Readers)
    curve: Curve | None = None

    def __post_init__(self) -> None:
        given = {"truth": self.truth, "answers": self.answers, "champion": self.champion, **self.slices}
        given |= {"groups": self.groups or None, "popularity": self.popularity or None}
        for name, values in given.items():
            if values is not None and len(values) != len(self.requests):
                raise ValueError(f"{name} has {len(values)} values for {len(self.requests)} test rows")

    @property
    def unanswered(self) -> NDArray[np.bool_]:
        """Shape (rows,): the rows that one of the two endpoints did not answer."""
        both = zip(self.answers, self.champion or self.answers, strict=True)
        return np.array([any(isinstance(answer, NoAnswer) for answer in answers) for answers in both], dtype=bool)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Shape (rows,): the rows that the challenger has learned."""
        none = np.zeros(len(self.requests), dtype=bool)
        return none if self.learning is None else self.learning.learned(self.rows)

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Shape (rows,): the rows that are new to both models."""
        every = np.ones(len(self.requests), dtype=bool)
        return every if self.learning is None else self.learning.comparable(self.rows)

    def where(self, mask: NDArray[np.bool_]) -> Evidence:
        """The same for the rows of the mask, which has the shape (rows,)."""
        kept = np.flatnonzero(mask).tolist()

        def those(values: Sequence[str]) -> list[str]:
            return [values[place] for place in kept]

        return replace(
            self,
            requests=those(self.requests),
            truth=None if self.truth is None else those(self.truth),
            rows=those(self.rows) if self.rows else (),
            groups=those(self.groups) if self.groups else (),
            popularity=those(self.popularity) if self.popularity else (),
            answers=those(self.answers),
            champion=None if self.champion is None else those(self.champion),
            slices={name: of_all[mask] for name, of_all in self.slices.items()},
        )

    def read(self, kind: AnswerKind[A], answers: Sequence[str], reader: Any = None) -> A:
        """Answers to these rows as numbers, in their groups. ValueError if the truth is missing or wrong."""
        found = kind.read_by(reader, answers, self.truth, self.labels)
        if not self.groups:
            return found
        return replace(found, groups=np.unique(np.array(self.groups), return_inverse=True)[1].reshape(-1))

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
