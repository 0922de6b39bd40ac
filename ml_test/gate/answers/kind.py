"""What every kind of answers promises. The gate asks its kind, and never which kind it is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from handover.data import Features
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair
    from ml_test.gate.verdict import Check


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """One model's answers to some rows, as numbers.

    values: shape (rows, …). unusable: shape (rows,), True where an answer could not be read; its value is what such an
    answer counts as. truth: shape (rows, …), or None for a kind that needs none.
    """

    values: NDArray[Any]
    unusable: NDArray[np.bool_]
    truth: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def strata(self) -> NDArray[np.int64]:
        """Shape (rows,): a resample keeps the number of rows in each stratum. Here, all rows are in one."""
        return np.zeros(len(self), dtype=np.int64)

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """The answers to the rows of the mask, shape (rows,)."""
        truth = None if self.truth is None else self.truth[mask]
        return replace(self, values=self.values[mask], unusable=self.unusable[mask], truth=truth)


A = TypeVar("A", bound=Answered)

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerKind(ABC, Generic[A]):
    """A kind of answers. Its fields are the keys of ``[answers]`` in gate.toml, beside ``kind``."""

    #: What ``kind`` in gate.toml calls it.
    name: ClassVar[str]
    #: What its answers are read into. A metric is offered to the kinds whose answers it can read.
    view: ClassVar[type[Answered]]
    #: One usable answer, and several, in a sentence.
    one: ClassVar[str]
    many: ClassVar[str]
    #: What the baseline knows, in a sentence: "… nothing but how often each label occurs".
    baseline_knows: ClassVar[str]
    #: Whether test rows without truth are refused.
    needs_truth: ClassVar[bool] = True

    @abstractmethod
    def read(self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] = ()) -> A:
        """The answers beside the truth. ValueError for truth that is missing or does not fit.

        labels: those that the data have; empty where nobody says which they are.
        """

    @abstractmethod
    def baseline(self, features: Features) -> str:
        """The one answer of a model that knows nothing of a row; ``features``: what the data step made."""

    @abstractmethod
    def against_baseline(self, challenger: A, baseline: A) -> Check | None:
        """Whether the challenger is surely better than the baseline; None for a kind that cannot say."""

    @abstractmethod
    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        """How probable answers so different, or more, are if both models answer alike: a p-value."""

    @abstractmethod
    def part(self, pair: Pair[A], evidence: Evidence) -> dict[str, Any]:
        """What gate.json says of the answers, as JSON values."""

    @classmethod
    @abstractmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        """What gate.html shows of the answers; ``report``: gate.json, with this kind's part under ``answered``."""

    def untested(self, challenger: A) -> Check | None:  # noqa: ARG002  (a kind that needs it overrides this)
        """A HOLD where the test rows leave something out, so that floors cannot be judged."""
        return None


def known_truth(truth: Sequence[str] | None, kind: AnswerKind[Any]) -> Sequence[str]:
    """The truth, for a kind that needs it. ValueError where there is none."""
    if truth is None:
        raise ValueError(
            f"the test rows carry no truth, and answers of the kind {kind.name!r} cannot be judged without"
        )
    return truth


def number(answer: str) -> float | None:
    """The answer as a finite number, or None. Only plain decimal writing counts, with or without an exponent."""
    value = float(answer) if _NUMBER.fullmatch(answer) else inf
    return value if isfinite(value) else None
