"""What the kinds share whose answers are, or become, one of the labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate.answers.kind import Answered
from ml_test.gate.tables import confusion, details
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.evidence import Evidence
    from ml_test.gate.gains import Pair


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided(Answered):
    """Answers that are labels, or from which a label follows. truth: shape (rows,), places in ``labels``.

    values: shape (rows,), the decisions themselves; a kind whose answers are no labels says how they become some.
    """

    truth: NDArray[np.int64]
    labels: tuple[str, ...]

    @property
    def decisions(self) -> NDArray[np.int64]:
        """Shape (rows,): places in ``labels``; the place after the last where an answer is unusable."""
        return self.values

    @property
    def by(self) -> str:
        """How an answer becomes a label, after the name of a figure that depends on it."""
        return ""

    @property
    def strata(self) -> NDArray[np.int64]:
        return self.truth

    @property
    def right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = self.decisions == self.truth
        return right

    @property
    def matrix(self) -> NDArray[np.int64]:
        """The confusion matrix: a row for each true label, a column for each decision, and one for unusable answers."""
        counts = np.zeros((len(self.labels), len(self.labels) + 1), dtype=np.int64)
        np.add.at(counts, (self.truth, self.decisions), 1)
        return counts

    def words(self, answers: Sequence[str]) -> list[str]:
        """The decisions as labels; an unusable answer stays as it is. ``answers``: the texts that were read."""
        return [
            answer if unusable else self.labels[place]
            for answer, unusable, place in zip(answers, self.unusable, self.decisions, strict=True)
        ]


def untested(challenger: Decided) -> Check | None:
    """A HOLD where no test row has some label."""
    counts = np.bincount(challenger.truth, minlength=len(challenger.labels))
    missing = [label for label, count in zip(challenger.labels, counts, strict=True) if not count]
    if not missing:
        return None
    said = f"no test row has the label {', '.join(missing)}: it cannot be judged"
    look = "Whether the data file still has rows of every label, and enough of them for the split."
    return Check(name="every label is tested", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)


def part(pair: Pair[Decided], evidence: Evidence) -> dict[str, Any]:
    """Confusion matrix, wrong answers, and the rows on which the two models differ."""
    truth = [pair.challenger.labels[place] for place in pair.challenger.truth]
    ours, theirs = pair.challenger.words(evidence.answers), pair.champion.words(evidence.champion_answers)
    rows = list(zip(evidence.requests, truth, ours, theirs, strict=True))
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


def section(report: Mapping[str, Any]) -> str:
    """The same for a person."""
    answered = report["answered"]
    wrong = [[entry["request"], entry["expected"], entry["answer"]] for entry in answered["wrong"]]
    parts = [
        confusion(answered["labels"], answered["confusion"]),
        details(f"{len(wrong)} wrong answers", ("request", "truth", "answer"), wrong),
    ]
    if report["champion"]:
        differing = [[e["request"], e["expected"], e["answer"], e["champion"]] for e in answered["differing"]]
        title = f"{len(differing)} rows on which the models differ"
        parts.append(details(title, ("request", "truth", "new", "champion"), differing))
    return "".join(parts)
