"""Figures of a model that answers with a probability, and the verdict on it.

``truth`` is 1 where the event came (the customer defaulted), else 0; ``scores`` are the probabilities answered for it;
both have shape ``(rows,)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, xlog1py, xlogy

from ml_test.gate.decision import Check, Decision, Verdict
from ml_test.gate.intervals import CONFIDENCE, Estimate, share
from ml_test.gate.metrics import confusion_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Z = float(ndtri((1 + CONFIDENCE) / 2))
BINS = 10
#: A slice with fewer rows of either label is reported and not judged: its interval would be all there is.
FEWEST_ROWS_OF_A_LABEL = 30
#: XGBoost answers in 32 bits: a certain 1.0 that is wrong costs this much and not infinitely much.
_SMALLEST = 2.0**-24


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What a wrong decision costs, in any unit: only their ratio counts."""

    missed: float
    false_alarm: float

    @property
    def threshold(self) -> float:
        """From this probability on, an alarm costs less than none: where the two expected costs are equal."""
        return self.false_alarm / (self.false_alarm + self.missed)


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryFloors:
    """Floors for lower bounds, ceilings for upper bounds, and what 95 % of the requests may take at most."""

    auc: float
    slice_auc: float
    accuracy: float
    log_loss: float
    calibration_error: float
    p95_milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BinaryEvidence:
    """What the endpoint was asked and answered. ``slices`` are masks of rows by name, such as ``sex 2``.

    An answer that is no probability stands as NaN among the scores.
    """

    truth: NDArray[np.int64]
    scores: Numbers
    slices: Mapping[str, NDArray[np.bool_]]
    milliseconds: Sequence[float]
    labels: tuple[str, str]
    costs: Costs

    @property
    def alarms(self) -> NDArray[np.bool_]:
        """Where the decision is to act. An answer that is no probability is always the wrong decision."""
        return np.where(np.isnan(self.scores), self.truth == 0, self.scores >= self.costs.threshold)

    @property
    def answers(self) -> list[str]:
        """The decisions as labels; ``no probability`` where there is none."""
        decided = [self.labels[int(alarm)] for alarm in self.alarms]
        return ["no probability" if nan else label for nan, label in zip(np.isnan(self.scores), decided, strict=True)]

    @property
    def judged_scores(self) -> Numbers:
        """The scores; what is no probability counts as certain, and wrong."""
        return np.where(np.isnan(self.scores), 1.0 - self.truth, self.scores)


def probability(text: str) -> float:
    """An answer as a number in [0, 1]; NaN for any other."""
    try:
        value = float(text)
    except ValueError:
        return float("nan")
    return value if 0 <= value <= 1 else float("nan")


def ranks_of(scores: Numbers) -> Numbers:
    """Each score's rank from 1 on, ties their mean: scipy.stats.rankdata, without the 1.5 s of importing it."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def auc(truth: NDArray[np.int64], scores: Numbers) -> float:
    """The probability that a row with the event has a higher score than one without; ties count half."""
    positives = int(truth.sum())
    ranks = ranks_of(scores)[truth == 1].sum()
    return float((ranks - positives * (positives + 1) / 2) / (positives * (len(truth) - positives)))


def auc_estimate(truth: NDArray[np.int64], scores: Numbers) -> Estimate:
    """AUC with DeLong's interval, on the logit's scale, where it stays inside [0, 1].

    DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); by ranks after Sun and Xu, IEEE SPL 21 (2014).
    """
    value = auc(truth, scores)
    if not 0 < value < 1:
        return Estimate(value=value, low=0.0 if value == 0 else 1.0, high=value, rows=len(truth))
    with_event, without = scores[truth == 1], scores[truth == 0]
    ranks = ranks_of(np.concatenate((with_event, without)))
    beaten = (ranks[: len(with_event)] - ranks_of(with_event)) / len(without)
    beating = 1 - (ranks[len(with_event) :] - ranks_of(without)) / len(with_event)
    error = np.sqrt(beaten.var(ddof=1) / len(with_event) + beating.var(ddof=1) / len(without))
    centre, margin = np.log(value / (1 - value)), Z * error / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-(centre + side * margin)))) for side in (-1, 1))
    return Estimate(value=value, low=low, high=high, rows=len(truth))


def log_loss(truth: NDArray[np.int64], scores: Numbers) -> Numbers:
    """Each row's loss, in nats."""
    kept = np.clip(scores.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    losses: Numbers = -(xlogy(truth, kept) + xlog1py(1 - truth, -kept))
    return losses


def mean_estimate(values: Numbers) -> Estimate:
    """The mean with its normal interval: of thousands of rows it needs no other."""
    value, margin = float(values.mean()), Z * float(values.std(ddof=1)) / np.sqrt(len(values))
    return Estimate(value=value, low=value - float(margin), high=value + float(margin), rows=len(values))


def calibration(truth: NDArray[np.int64], scores: Numbers) -> list[dict[str, float]]:
    """For each tenth of the rows by score: what was answered and what came, on average."""
    order = np.argsort(scores, kind="stable")
    return [
        {"answered": float(scores[part].mean()), "came": float(truth[part].mean()), "rows": len(part)}
        for part in np.array_split(order, BINS)
        if len(part)
    ]


def calibration_error(truth: NDArray[np.int64], scores: Numbers) -> Estimate:
    """The tenths' mean distance between answered and came, with its normal interval.

    Chance alone makes a distance, and never a negative one: the figure errs to the strict side.
    """
    order = np.argsort(scores, kind="stable")
    gaps = [scores[part] - truth[part] for part in np.array_split(order, BINS) if len(part)]
    distances = np.concatenate([gap * np.sign(gap.mean()) for gap in gaps])
    found = mean_estimate(distances)
    return Estimate(value=found.value, low=max(found.low, 0.0), high=found.high, rows=found.rows)


def saved(evidence: BinaryEvidence) -> Estimate:
    """What deciding by the model saves a row, against the better one of always and never raising the alarm."""
    costs, event = evidence.costs, evidence.truth == 1
    spent = np.where(event & ~evidence.alarms, costs.missed, 0) + np.where(
        ~event & evidence.alarms, costs.false_alarm, 0
    )
    never, always = np.where(event, costs.missed, 0.0), np.where(event, 0.0, costs.false_alarm)
    constant = never if never.mean() <= always.mean() else always
    return mean_estimate(constant - spent)


def decide_binary(evidence: BinaryEvidence, floors: BinaryFloors) -> Decision:
    """PROMOTE if every check passes. Raises ValueError where the test rows lack a label: nothing can be judged then."""
    truth, scores = evidence.truth, evidence.judged_scores
    if len(set(truth.tolist())) != 2:
        raise ValueError(f"the {len(truth)} test rows do not have both labels, so nothing can be judged")
    truth_labels = [evidence.labels[int(value)] for value in truth]
    matrix = confusion_matrix(truth_labels, evidence.answers, evidence.labels)
    right = int(np.diagonal(matrix).sum())
    threshold = f"accuracy at the threshold {evidence.costs.threshold:.3f}"
    checks = (
        at_least("AUC", auc_estimate(truth, scores), floors.auc),
        at_most("log loss", mean_estimate(log_loss(truth, scores)), floors.log_loss),
        at_most("calibration error", calibration_error(truth, scores), floors.calibration_error),
        at_least(threshold, share(right, len(truth)), floors.accuracy),
        _worth(saved(evidence)),
        *(_slice(name, truth[rows], scores[rows], floors.slice_auc) for name, rows in evidence.slices.items()),
        _probabilities(evidence.scores),
        _latency(evidence.milliseconds, floors.p95_milliseconds),
    )
    verdict = Verdict.PROMOTE if all(check.passed for check in checks) else Verdict.REJECT
    return Decision(verdict=verdict, checks=checks, matrix=matrix)


def at_least(name: str, estimate: Estimate, floor: float) -> Check:
    passed = estimate.low >= floor
    relation = "at or above" if passed else "below"
    sentence = f"{_figure(name, estimate)}: its lower bound is {relation} the floor {floor:.4f}"
    return Check(name=name, passed=passed, sentence=sentence, estimate=estimate, floor=floor)


def at_most(name: str, estimate: Estimate, ceiling: float) -> Check:
    """Without estimate and floor in the check: the report draws floors only."""
    passed = estimate.high <= ceiling
    relation = "at or below" if passed else "above"
    sentence = f"{_figure(name, estimate)}: its upper bound is {relation} the ceiling {ceiling:.4f}"
    return Check(name=name, passed=passed, sentence=sentence)


def _figure(name: str, estimate: Estimate) -> str:
    return (
        f"{name} {estimate.value:.4f} (95 % interval {estimate.low:.4f} to {estimate.high:.4f}, {estimate.rows} rows)"
    )


def _worth(estimate: Estimate) -> Check:
    passed = estimate.low > 0
    sentence = f"{_figure('cost saved a row against a constant decision', estimate)}: it must be above 0"
    return Check(name="saves costs", passed=passed, sentence=sentence)


def _slice(name: str, truth: NDArray[np.int64], scores: Numbers, floor: float) -> Check:
    title, with_event = f"AUC of {name}", int(truth.sum())
    fewest = min(with_event, len(truth) - with_event)
    if fewest < FEWEST_ROWS_OF_A_LABEL:
        sentence = f"{title}: {fewest} of its {len(truth)} rows have the rarer label, too few to be judged"
        return Check(name=title, passed=True, sentence=sentence)
    return at_least(title, auc_estimate(truth, scores), floor)


def _probabilities(scores: Numbers) -> Check:
    count = int(np.isnan(scores).sum())
    sentence = f"{count} of {len(scores)} answers are no probability"
    return Check(name="every answer is a probability", passed=count == 0, sentence=sentence)


def _latency(milliseconds: Sequence[float], budget: float) -> Check:
    p95 = float(np.quantile(milliseconds, 0.95))
    passed = p95 <= budget
    sentence = (
        f"latency p95 {p95:.1f} ms of {len(milliseconds)} requests is "
        f"{'within' if passed else 'over'} the budget of {budget:.0f} ms"
    )
    return Check(name="latency", passed=passed, sentence=sentence)
