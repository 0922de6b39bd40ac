"""What both models learned from, held against the test rows: a row that a model has learned tells nothing about it.

A row that the challenger learned is left out of everything that judges it. A row that either of them learned is left
out of their comparison. What is left out is counted and said. Whoever cannot be asked what they learned from is not
taken to be innocent: then a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: If fewer of the test rows are new to both models, the comparison is about the minority of them. The split keeps each
#: row in its place, so this is no ordinary release: somebody has moved the split, or nearly all rows.
FEWEST_COMPARABLE = 0.5
CHALLENGER, COMPARABLE, CHAMPIONS_ROWS = "learned rows", "comparable rows", "champion's test rows"


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """The identities of the rows that a model learned from or was tuned on; None and ``unknown``, if nobody knows.

    foreign: how many of them are neither training nor validation rows of the challenger's data, by the stated split.
    """

    rows: frozenset[str] | None
    unknown: str = ""
    foreign: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """champion: None if there is no champion to compare with.

    champion_judged: the identities of the test rows by which the champion was judged; None if nobody knows.
    """

    challenger: Learned
    champion: Learned | None = None
    champion_judged: frozenset[str] | None = None

    def learned(self, rows: Sequence[str]) -> NDArray[np.bool_]:
        """Shape (rows,): the test rows that the challenger has learned."""
        return _among(rows, self.challenger.rows or frozenset())

    def comparable(self, rows: Sequence[str]) -> NDArray[np.bool_]:
        """Shape (rows,): the test rows that are new to both models, as far as anybody knows."""
        if self.champion is None:
            return ~self.learned(rows)
        if self.champion.rows is None:
            return np.zeros(len(rows), dtype=bool)
        return ~self.learned(rows) & ~_among(rows, self.champion.rows)

    def gone(self, rows: Sequence[str]) -> int:
        """How many of the champion's test rows are no longer among these test rows."""
        return len((self.champion_judged or frozenset()) - set(rows))

    def left_out(self, rows: Sequence[str]) -> str:
        """``31 of 4,470 test rows are left out: 31 the champion had learned``; empty if none is."""
        counts = self.counts(rows)
        both = ((counts["learned_by_challenger"], "the new model"), (counts["learned_by_champion"], "the champion"))
        said = [f"{count:,} {who} had learned" for count, who in both if count]
        if not said:
            return ""
        left_out = int((~self.comparable(rows)).sum()) if self._knows_champion else counts["learned_by_challenger"]
        return f"{_of(left_out, len(rows))} left out: {', '.join(said)}"

    def counts(self, rows: Sequence[str]) -> dict[str, Any]:
        """As JSON values, for the report."""
        champion = self.champion.rows if self.champion else None
        return {
            "test_rows": len(rows),
            "learned_by_challenger": int(self.learned(rows).sum()),
            "learned_by_champion": int(_among(rows, champion or frozenset()).sum()),
            "comparable": int(self.comparable(rows).sum()) if self.champion else None,
            "unknown": self.challenger.unknown,
            "champion_unknown": self.champion.unknown if self.champion else "",
            "foreign": self.challenger.foreign,
            "champion_rows": len(self.champion_judged or ()),
            "champion_rows_gone": self.gone(rows),
        }

    @property
    def _knows_champion(self) -> bool:
        return self.champion is not None and self.champion.rows is not None


def check(learning: Learning, rows: Sequence[str], *, gone_allowed: float, uncompared: str = "") -> list[Check]:
    """rows: the identities of all test rows. uncompared: why the comparable rows do not allow a comparison."""
    checks = [_challenger(learning, rows)]
    if learning.champion is not None:
        checks.append(_comparable(learning, learning.champion, rows, uncompared))
        if learning.champion.rows is not None:
            checks.append(_champions_rows(learning, rows, gone_allowed))
    return checks


def _challenger(learning: Learning, rows: Sequence[str]) -> Check:
    found = learning.challenger
    if found.rows is None:
        said = f"it is not known what the new model learned from: {found.unknown}"
        look = (
            "The training job, its channels and what lies there. Had the model seen test rows, it would look good too."
        )
        return _hold(CHALLENGER, said, look)
    look = "The commit's data step and training: why does training read rows that are not for it?"
    if tested := int(learning.learned(rows).sum()):
        others = f"; {found.foreign - tested:,} more are no rows of its data" if found.foreign > tested else ""
        return _hold(CHALLENGER, f"the new model has learned {tested:,} of the {len(rows):,} test rows{others}", look)
    if found.foreign:
        said = f"the new model has learned {found.foreign:,} rows that are no training or validation rows of its data"
        return _hold(CHALLENGER, said, look)
    return _pass(CHALLENGER, f"the new model learned from {len(found.rows):,} rows, and no test row is among them")


def _comparable(learning: Learning, champion: Learned, rows: Sequence[str], uncompared: str) -> Check:
    look = "What the new model shows for itself, and why the champion has learned rows that are test rows now."
    if champion.rows is None:
        said = (
            f"it is not known what the champion learned from: {champion.unknown}. "
            "It may have learned the test rows, so the two are not compared"
        )
        look = "What the new model shows for itself. Once a release is judged by this gate, its rows are known."
        return _hold(COMPARABLE, said, look)
    count, left_out = int(learning.comparable(rows).sum()), learning.left_out(rows)
    if not left_out:
        return _pass(COMPARABLE, f"all {len(rows):,} test rows are new to both models")
    if not count:
        return _hold(COMPARABLE, f"no test row is new to both models: {left_out}", look)
    if uncompared:
        return _hold(COMPARABLE, f"{left_out}; the others do not allow a comparison: {uncompared}", look)
    if count < FEWEST_COMPARABLE * len(rows):
        return _hold(COMPARABLE, f"only {count:,} test rows are new to both models: {left_out}", look)
    return _pass(COMPARABLE, left_out)


def _champions_rows(learning: Learning, rows: Sequence[str], allowed: float) -> Check:
    if learning.champion_judged is None:
        said = "it is not known which rows the champion was judged by, so nobody can tell whether a push dropped some"
        return _hold(CHAMPIONS_ROWS, said, "The data file: are the rows there that the champion was judged by?")
    gone, judged = learning.gone(rows), len(learning.champion_judged)
    if not gone:
        return _pass(CHAMPIONS_ROWS, f"all {judged:,} rows that the champion was judged by are among the test rows")
    said = f"{gone:,} of the {judged:,} rows that the champion was judged by are no longer among the test rows"
    if gone > allowed * judged:
        look = "Which rows are gone, and why: a push can drop the rows that its model finds hard."
        return _hold(CHAMPIONS_ROWS, f"{said}; {percent(allowed)} may go", look)
    return _pass(CHAMPIONS_ROWS, said)


def _among(rows: Sequence[str], known: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([row in known for row in rows], dtype=bool)


def _of(count: int, rows: int) -> str:
    return f"{count:,} of {rows:,} test rows {'is' if count == 1 else 'are'}"


def _hold(name: str, said: str, look_at: str) -> Check:
    return Check(name=name, outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look_at)


def _pass(name: str, said: str) -> Check:
    return Check(name=name, outcome=Verdict.PROMOTE, plain=said, sentence=said)
