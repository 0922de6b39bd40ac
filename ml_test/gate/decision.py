"""The verdict: each figure's lower bound against its floor, the model against the majority baseline, the latency."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.intervals import CONFIDENCE, Estimate, macro_f1_estimate, share, win_p_value
from ml_test.gate.metrics import confusion_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Verdict(StrEnum):
    PROMOTE = "PROMOTE"
    REJECT = "REJECT"


@dataclass(frozen=True, kw_only=True, slots=True)
class Floors:
    """What the lower bounds must reach, and the most that 95 % of the requests may take."""

    accuracy: float
    macro_f1: float
    recall: float
    p95_milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What the endpoint was asked and answered, row by row.

    ``majority`` is the commonest label of the *training* rows: what a model that learned nothing else would answer.
    """

    truth: Sequence[str]
    answers: Sequence[str]
    milliseconds: Sequence[float]
    labels: Sequence[str]
    majority: str
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One condition, as a sentence that names figure and floor. ``estimate`` and ``floor`` are there to be drawn."""

    name: str
    passed: bool
    sentence: str
    estimate: Estimate | None = None
    floor: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    verdict: Verdict
    checks: tuple[Check, ...]
    matrix: NDArray[np.int64]

    @property
    def reason(self) -> str:
        """The failed checks' sentences; for a promotion, the first figures'."""
        failed = [check.sentence for check in self.checks if not check.passed]
        return "; ".join(failed or [check.sentence for check in self.checks[:2]])


def decide(evidence: Evidence, floors: Floors) -> Decision:
    """PROMOTE if every check passes. Raises ValueError where there are no test rows, or unknown true labels."""
    if not evidence.truth:
        raise ValueError("there are no test rows, so nothing can be judged")
    matrix = confusion_matrix(evidence.truth, evidence.answers, evidence.labels)
    checks = (
        *_figures(matrix, evidence, floors),
        _baseline(evidence),
        _latency(evidence.milliseconds, floors.p95_milliseconds),
    )
    verdict = Verdict.PROMOTE if all(check.passed for check in checks) else Verdict.REJECT
    return Decision(verdict=verdict, checks=checks, matrix=matrix)


def _figures(matrix: NDArray[np.int64], evidence: Evidence, floors: Floors) -> list[Check]:
    rows = matrix.sum(axis=1)
    untested = [label for label, count in zip(evidence.labels, rows, strict=True) if not count]
    if untested:
        sentence = f"no test row has the label {', '.join(untested)}: it cannot be judged"
        return [Check(name="every label is tested", passed=False, sentence=sentence)]
    right = np.diagonal(matrix)
    checks = [
        _floor("accuracy", share(int(right.sum()), int(rows.sum())), floors.accuracy),
        _floor("macro-F1", macro_f1_estimate(matrix, seed=evidence.seed), floors.macro_f1),
    ]
    for label, hits, count in zip(evidence.labels, right, rows, strict=True):
        checks.append(_floor(f"recall of {label}", share(int(hits), int(count)), floors.recall))
    return checks


def _floor(name: str, estimate: Estimate, floor: float) -> Check:
    passed = estimate.low >= floor
    relation = "at or above" if passed else "below"
    sentence = (
        f"{name} {estimate.value:.4f} (95 % interval {estimate.low:.4f} to {estimate.high:.4f}, "
        f"{estimate.rows} rows): its lower bound is {relation} the floor {floor:.4f}"
    )
    return Check(name=name, passed=passed, sentence=sentence, estimate=estimate, floor=floor)


def _baseline(evidence: Evidence) -> Check:
    pairs = list(zip(evidence.truth, evidence.answers, strict=True))
    wins = sum(answer == true != evidence.majority for true, answer in pairs)
    losses = sum(answer != true == evidence.majority for true, answer in pairs)
    chance = win_p_value(wins, losses)
    passed = chance < 1 - CONFIDENCE
    sentence = (
        f"against always answering {evidence.majority}: {wins} rows won, {losses} lost "
        f"(p = {chance:.2g}, must be below {1 - CONFIDENCE:.2f})"
    )
    return Check(name="beats the majority baseline", passed=passed, sentence=sentence)


def _latency(milliseconds: Sequence[float], budget: float) -> Check:
    p95 = float(np.quantile(milliseconds, 0.95))
    passed = p95 <= budget
    sentence = f"latency p95 {p95:.1f} ms is {'within' if passed else 'over'} the budget of {budget:.0f} ms"
    return Check(name="latency", passed=passed, sentence=sentence)
