"""Is the challenger worse somewhere, though not on the whole? Each value of each named column by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.figures import RowMean, log_losses
from ml_test.gate.paired import BOOTSTRAP, SCORE, Gain, Rows, score_interval
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import amount, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.resampling import Bootstrap, Bounds
    from ml_test.gate.rules import Comparison

CORRECTION = "Bonferroni: each slice's interval at 1 - (1 - confidence) / number of slices"
# Fewer rows cannot tell anything at a corrected level; such a slice is named, not judged.
FEWEST_ROWS = 20
SLICE_METRICS = ("accuracy", "log_loss")


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """The rows where ``column`` is ``value``. ``suspected``: the interval that knows no correction."""

    column: str
    value: str
    gain: Gain
    suspected: Bounds

    @property
    def name(self) -> str:
        return f"{self.column} {self.value}"


class Slices:
    """All slices of the test rows: ``want`` what needs the bootstrap, then ``judged`` with its bounds."""

    def __init__(self, rows: Rows, columns: Mapping[str, Sequence[str]], rule: Comparison, confidence: float) -> None:
        if rule.slice_metric not in SLICE_METRICS:
            raise ValueError(f"gate.toml: slice_metric must be one of {SLICE_METRICS}, not {rule.slice_metric!r}")
        self._rows, self._rule = rows, rule
        self._masks: dict[tuple[str, str], NDArray[np.bool_]] = {}
        self.too_small: list[str] = []
        for column in rule.slices:
            values = np.array(columns[column], dtype=str)
            for value in sorted(set(columns[column])):
                mask = values == value
                if mask.sum() < FEWEST_ROWS:
                    self.too_small.append(f"{column} {value} ({mask.sum()} rows)")
                else:
                    self._masks[column, value] = mask
        self._plain = confidence
        self.confidence = 1 - (1 - confidence) / max(len(self._masks), 1)

    def want(self, bootstrap: Bootstrap) -> None:
        """Ask for the intervals of what is no share of right answers."""
        if self._rule.slice_metric == "accuracy":
            return
        losses = [log_losses(self._rows.truth, answers.astype(float)) for answers in self._both()]
        for (column, value), mask in self._masks.items():
            figure = RowMean(losses[0] - losses[1], mask)  # less is better
            bootstrap.want(f"slice {column} {value}", figure, confidence=self.confidence)
            bootstrap.want(f"suspected {column} {value}", figure, confidence=self._plain)

    def compared(self, bounds: Mapping[str, Bounds]) -> list[Slice]:
        """Each slice with its gain."""
        return [self._slice(column, value, mask, bounds) for (column, value), mask in self._masks.items()]

    def _slice(self, column: str, value: str, mask: NDArray[np.bool_], bounds: Mapping[str, Bounds]) -> Slice:
        rows = self._rows.where(mask)
        if self._rule.slice_metric == "accuracy":
            before, after = (float(rows.right(answers).mean()) for answers in (rows.champion, rows.challenger))
            wins, losses = rows.wins_and_losses()
            count = len(rows.truth)
            both = [score_interval(wins, losses, count, confidence=level) for level in (self.confidence, self._plain)]
            difference, method = after - before, SCORE
        else:
            means = [
                log_losses(rows.truth, answers.astype(float)).mean() for answers in (rows.champion, rows.challenger)
            ]
            before, after = float(means[0]), float(means[1])
            both = [bounds[f"{kind} {column} {value}"] for kind in ("slice", "suspected")]
            difference, method = before - after, BOOTSTRAP
        gain = Gain(
            metric=self._rule.slice_metric, champion=before, challenger=after, value=difference,
            low=both[0][0], high=both[0][1], confidence=self.confidence, rows=len(rows.truth), method=method,
        )  # fmt: skip
        return Slice(column=column, value=value, gain=gain, suspected=both[1])

    def _both(self) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
        return self._rows.champion, self._rows.challenger


def judge(slices: Sequence[Slice], margin: float) -> Check:
    """REJECT where a slice is worse for certain and by more than the margin; HOLD where it only looks so.

    For certain: the corrected interval lies below 0. Looks so: the uncorrected one does, which among many slices
    happens by chance; a person then looks.
    """
    bad = [entry for entry in slices if entry.gain.value < -margin]
    proven = [entry for entry in bad if entry.gain.high < 0]
    suspected = [entry for entry in bad if entry.suspected[1] < 0 and entry not in proven]
    named = proven or suspected
    if not named:
        sentence = f"in none of {len(slices)} slices worse by more than {amount(_metric(slices), margin)} beyond chance"
        return Check(name="slices", outcome=Verdict.PROMOTE, plain="no group of rows got worse", sentence=sentence)
    worst = min(named, key=lambda entry: entry.gain.value)
    sentence = "; ".join(_sentence(entry) for entry in named)
    plain = (
        f"where {worst.column} is {worst.value} it is worse than the champion by "
        f"{amount(worst.gain.metric, -worst.gain.value)} ({worst.gain.rows} test rows), more than the "
        f"{amount(worst.gain.metric, margin)} allowed"
    )
    if proven:
        return Check(name="slices", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    return Check(
        name="slices",
        outcome=Verdict.HOLD,
        plain=f"{plain}; that may be chance, as {len(slices)} groups were looked at",
        sentence=sentence,
        look_at=f"The wrong answers among the rows where {worst.column} is {worst.value}: is there a pattern?",
    )


def _metric(slices: Sequence[Slice]) -> str:
    return slices[0].gain.metric if slices else "accuracy"


def _sentence(entry: Slice) -> str:
    gain = entry.gain
    return (
        f"slice {entry.name}: {gain.metric} {gain.challenger:.4f} against {gain.champion:.4f} "
        f"({percent(gain.confidence)} interval of the gain {gain.low:+.4f} to {gain.high:+.4f}, {gain.rows} rows)"
    )
