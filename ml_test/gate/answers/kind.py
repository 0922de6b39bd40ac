"""What every kind of answers must do. The gate calls these methods and never asks which kind it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from ml_test.gate.answer_tables import AnswersTable
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """One model's answers to some rows, as numbers.

    values: shape (rows, …). truth: shape (rows, …), or None for a kind that needs no truth.
    unusable: shape (rows,), True for an answer that could not be read. Its value is what the kind counts it as.
    groups: shape (rows,), the number of each row's group, such as its user's; None if the rules group no rows.
    """

    values: NDArray[Any]
    unusable: NDArray[np.bool_]
    truth: NDArray[Any] | None = None
    groups: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def strata(self) -> NDArray[np.int64]:
        """Shape (rows,): each row's stratum. A resample keeps the size of each stratum; here, there is only one."""
        return np.zeros(len(self), dtype=np.int64)

    @property
    def stratified(self) -> str:
        """What the strata are, after the name of a method that keeps them."""
        return ""

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """The answers to the rows of the mask, which has the shape (rows,)."""
        truth = None if self.truth is None else self.truth[mask]
        groups = None if self.groups is None else self.groups[mask]
        return replace(self, values=self.values[mask], unusable=self.unusable[mask], truth=truth, groups=groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRows:
    """What the endpoints are asked, the right answer to each request if there is one, and each row's identity."""

    requests: Sequence[str]
    truth: Sequence[str] | None
    identities: Sequence[str] = ()


A = TypeVar("A", bound=Answered)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerKind(AnswersTable, ABC, Generic[A]):
    """A kind of answers. Its fields are keys of the table ``[answers]`` in gate.toml, beside ``kind``.

    Each field states beside it what a change of its key means (``ml_steps.changes``).
    """

    #: What ``read`` returns. A metric is offered to every kind whose answers it can read.
    view: ClassVar[type[Answered]]
    #: One usable answer, with its article, and several.
    one: ClassVar[str]
    many: ClassVar[str]
    #: What the baseline knows: "it is compared with a model that knows …".
    baseline_knows: ClassVar[str]
    #: Whether test rows must have a truth.
    needs_truth: ClassVar[bool] = True

    #: Whether ``reader`` reads the archives that a model's containers load.
    reads_archives: ClassVar[bool] = False

    def asks(self, rows: AskedRows, learned: Sequence[str]) -> AskedRows:  # noqa: ARG002  (a kind may need them)
        """What is asked of test rows, in their order: the rows themselves. learned: the training rows' requests."""
        return rows

    def reader(self, archives: Sequence[bytes] | None, learned: Sequence[str]) -> Any:  # noqa: ARG002
        """What ``read_by`` needs besides a model's answers. archives: the model's; None for the baseline."""
        return None

    def read_by(
        self,
        reader: Any,  # noqa: ARG002  (answers say it all, unless a kind needs more)
        answers: Sequence[str],
        truth: Sequence[str] | None,
        labels: Sequence[str] | None = None,
    ) -> A:
        """As ``read``, with what ``reader`` has returned."""
        return self.read(answers, truth, labels)

    @abstractmethod
    def read(self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None) -> A:
        """Read the answers. ValueError if the truth is missing or wrong.

        labels: all labels in the data; None if nobody knows them.
        """

    @abstractmethod
    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:
        """The constant answer of a model that knows nothing about a row.

        learned: the truth of the training rows. labels: all labels in the data, in the contract's order.
        """

    def baseline_by(
        self,
        learned: Sequence[tuple[str, str]],  # noqa: ARG002  (for a kind that has such a model)
        asked: Sequence[str],  # noqa: ARG002
    ) -> list[str]:
        """The answers of a model that ranks by the popularity of one column's values. ValueError if the kind has none.

        learned: the column's value and the truth of each training row; asked: its value in each test row.
        """
        raise ValueError(f"answers of the kind {self.name!r} have no baseline by a column")

    @abstractmethod
    def against_baseline(self, challenger: A, baseline: A) -> Check | None:
        """Is the challenger certainly better than the baseline? None for a kind that cannot tell."""

    @abstractmethod
    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        """The p-value of a test whether both models' answers, to different requests, are distributed alike."""

    def alike_enough(self, answer: str, other: str) -> bool:
        """Whether two answers to the same request count as the same one. A kind with a tolerance overrides this."""
        return answer == other

    @abstractmethod
    def part(self, pair: Pair[A], evidence: Evidence) -> dict[str, Any]:
        """What gate.json says about the answers, as JSON values."""

    @classmethod
    @abstractmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        """What gate.html shows of the answers. report: gate.json, which has this kind's part under ``answered``."""

    def untested(self, challenger: A) -> Check | None:  # noqa: ARG002  (a kind that needs it overrides this)
        """A HOLD if the test rows lack something without which floors cannot be judged."""
        return None


#: On fewer rows than this, even a good model cannot be told from one that knows nothing.
FEWEST_ROWS = 30
TOO_FEW_ROWS = "The test rows: they are too few to tell the model from one that knows nothing about a row."


def better_than_nothing(*, surely: bool, value: float, rows: int) -> Verdict:
    """PROMOTE if it is surely better than the baseline; HOLD if it is better on too few rows; REJECT otherwise."""
    if surely:
        return Verdict.PROMOTE
    return Verdict.HOLD if value > 0 and rows < FEWEST_ROWS else Verdict.REJECT


def known_truth(truth: Sequence[str] | None, kind: AnswerKind[Any]) -> Sequence[str]:
    """The truth. ValueError if there is none."""
    if truth is None:
        raise ValueError(
            f"the test rows have no truth, and answers of the kind {kind.name!r} cannot be judged without one"
        )
    return truth
