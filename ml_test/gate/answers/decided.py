"""What all kinds share whose answers are labels, or are turned into labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.answers.kind import TOO_FEW_ROWS, Answered, better_than_nothing
from ml_test.gate.intervals import CONFIDENCE, win_p_value
from ml_test.gate.tables import confused, details
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair

#: A text of more characters is no row that a person reads in a table.
_LONGEST_SHOWN = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided(Answered):
    """Answers that are labels, or are turned into labels.

    truth: shape (rows,), the index in ``labels``.
    values: shape (rows,), the decisions, unless a kind has other answers.
    """

    truth: NDArray[np.int64]
    labels: tuple[str, ...]

    @property
    def decisions(self) -> NDArray[np.int64]:
        """Shape (rows,): the index in ``labels``, or their number for an unusable answer."""
        return self.values

    @property
    def by(self) -> str:
        """How answers become labels. The name of a figure that depends on it ends with this."""
        return ""

    @property
    def strata(self) -> NDArray[np.int64]:
        return self.truth

    @property
    def stratified(self) -> str:
        return ", stratified by the true label"

    @property
    def right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = self.decisions == self.truth
        return right

    @property
    def matrix(self) -> NDArray[np.int64]:
        """The confusion matrix: a row for each true label; a column for each decision, and one for unusable answers."""
        counts = np.zeros((len(self.labels), len(self.labels) + 1), dtype=np.int64)
        np.add.at(counts, (self.truth, self.decisions), 1)
        return counts

    def words(self, answers: Sequence[str]) -> list[str]:
        """The decisions as labels. An unusable answer stays as it is. answers: the texts that were read."""
        return [
            answer if unusable else self.labels[place]
            for answer, unusable, place in zip(answers, self.unusable, self.decisions, strict=True)
        ]


def against_constant(challenger: Decided, baseline: Decided) -> Check:
    """Is the challenger surely better than always answering the same label?"""
    wins = int((challenger.right & ~baseline.right).sum())
    losses = int((baseline.right & ~challenger.right).sum())
    chance = win_p_value(wins, losses)
    passed = chance < 1 - CONFIDENCE
    better = "clearly better" if passed else "not clearly better"
    always = baseline.labels[baseline.decisions[0]]
    return Check(
        name="beats the baseline",
        outcome=better_than_nothing(surely=passed, value=wins - losses, rows=len(challenger)),
        look_at=TOO_FEW_ROWS,
        plain=f"it is {better} than always answering {always!r}: it wins {wins} of the test rows and loses {losses}",
        sentence=f"against always answering {always}: {wins} rows won, {losses} lost "
        f"(p = {chance:.2g}, must be below {1 - CONFIDENCE:.2f})",
    )


def untested(challenger: Decided) -> Check | None:
    """A HOLD if no test row has some label."""
    counts = np.bincount(challenger.truth, minlength=len(challenger.labels))
    missing = [label for label, count in zip(challenger.labels, counts, strict=True) if not count]
    if not missing:
        return None
    said = f"no test row has the label {', '.join(missing)}, so the model cannot be judged by its floors"
    look = "The data file: does it still have enough rows of every label for the split?"
    return Check(name="every label is tested", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)


def part(pair: Pair[Decided], evidence: Evidence) -> dict[str, Any]:
    """The confusion matrix, the wrong answers, and the rows that the two models answer differently."""
    truth = [pair.challenger.labels[place] for place in pair.challenger.truth]
    ours, theirs = pair.challenger.words(evidence.answers), pair.champion.words(evidence.champion_answers)
    rows = list(zip(map(shown, evidence.requests), truth, ours, theirs, strict=True))
    return {
        "labels": list(pair.challenger.labels),
        "confusion": pair.challenger.matrix.tolist(),
        "wrong": [
            {"request": request, "expected": true, "answer": answer}
            for request, true, answer, _ in rows
            if answer != true
        ],
        "differing": [
            {"request": request, "expected": true, "answer": answer, "champion": champion}
            for request, true, answer, champion in rows
            if evidence.champion is not None and answer != champion
        ],
    }


def shown(request: str) -> str:
    """The request for a person to read: of a long one, such as an image, its beginning and its hash."""
    if len(request) <= _LONGEST_SHOWN:
        return request
    return f"{request[:40]}… ({len(request)} characters, SHA-256 {hashlib.sha256(request.encode()).hexdigest()[:16]}…)"


def section(report: Mapping[str, Any]) -> str:
    """The same as tables."""
    answered = report["answered"]
    wrong = [[entry["request"], entry["expected"], entry["answer"]] for entry in answered["wrong"]]
    parts = [
        confused(answered["labels"], answered["confusion"]),
        details(f"{len(wrong)} wrong answers", ("request", "truth", "answer"), wrong),
    ]
    if report["champion"]:
        differing = [[e["request"], e["expected"], e["answer"], e["champion"]] for e in answered["differing"]]
        title = f"{len(differing)} rows on which the models decide differently"
        parts.append(details(title, ("request", "truth", "new", "champion"), differing))
    return "".join(parts)
