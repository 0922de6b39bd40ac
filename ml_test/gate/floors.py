"""The challenger's own figures against floors and ceilings, at 95 % (docs/decisions/0007-splits-and-floors.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.delong import auc_estimate
from ml_test.gate.intervals import Estimate, macro_f1_estimate, mean_estimate, share
from ml_test.gate.probabilities import calibration_error, log_loss
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import NAMES, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.paired import Pair
    from ml_test.gate.rules import Rules


def judge(matrix: NDArray[np.int64], labels: Sequence[str], pair: Pair, rules: Rules, seed: int) -> list[Check]:
    """A check for each floor and ceiling. ``matrix``: the confusion matrix of the decisions."""
    rows = matrix.sum(axis=1)
    untested = [label for label, count in zip(labels, rows, strict=True) if not count]
    if untested:
        said = f"no test row has the label {', '.join(untested)}: it cannot be judged"
        look = "Whether the data file still has rows of every label, and enough of them for the split."
        return [Check(name="every label is tested", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)]
    checks = []
    for metric, floor in rules.floors.items():
        if metric == "recall":
            for label, hits, count in zip(labels, np.diagonal(matrix), rows, strict=True):
                checks.append(_floor(f"recall of {label}", metric, share(int(hits), int(count)), floor))
        else:
            checks.append(_floor(_name(metric, pair), metric, estimate(metric, matrix, pair, seed), floor))
    for metric, most in rules.ceilings.items():
        checks.append(_ceiling(_name(metric, pair), metric, estimate(metric, matrix, pair, seed), most))
    return checks


def estimate(metric: str, matrix: NDArray[np.int64], pair: Pair, seed: int) -> Estimate:
    """The challenger's figure with its 95 % interval. ValueError for a metric that these answers do not have."""
    scores = pair.challenger.astype(float)
    known: dict[str, Callable[[], Estimate]] = {
        "accuracy": lambda: share(int(np.diagonal(matrix).sum()), int(matrix.sum())),
        "macro_f1": lambda: macro_f1_estimate(matrix, seed=seed),
    }
    if pair.threshold is not None:
        known |= {
            "auc": lambda: auc_estimate(pair.truth, scores),
            "log_loss": lambda: mean_estimate(log_loss(pair.truth, scores)),
            "calibration_error": lambda: calibration_error(pair.truth, scores),
        }
    if metric not in known:
        raise ValueError(f"gate.toml asks for {metric}, which these answers do not have; they have {', '.join(known)}")
    return known[metric]()


def _name(metric: str, pair: Pair) -> str:
    name = NAMES.get(metric, metric)
    return name if pair.threshold is None or metric != "accuracy" else f"{name} at the threshold {pair.threshold:.3f}"


def _floor(name: str, metric: str, found: Estimate, floor: float) -> Check:
    outcome = Verdict.from_bounds(low=found.low, value=found.value, floor=floor)
    relation = "at or above" if outcome is Verdict.PROMOTE else "below"
    sentence = f"{measured(name, found)}: its lower bound is {relation} the floor {floor:.4f}"
    plain = _plain(name, metric, found, outcome, f"at least {figure(metric, floor)}")
    return Check(
        name=name, outcome=outcome, plain=plain, sentence=sentence, look_at=_look(name, found),
        estimate=found, floor=floor,
    )  # fmt: skip


def _ceiling(name: str, metric: str, found: Estimate, most: float) -> Check:
    outcome = Verdict.from_bounds(low=-found.high, value=-found.value, floor=-most)
    relation = "at or below" if outcome is Verdict.PROMOTE else "above"
    sentence = f"{measured(name, found)}: its upper bound is {relation} the ceiling {most:.4f}"
    plain = _plain(name, metric, found, outcome, f"at most {figure(metric, most)}")
    return Check(
        name=name, outcome=outcome, plain=plain, sentence=sentence, look_at=_look(name, found),
        estimate=found, floor=most, ceiling=True,
    )  # fmt: skip


def measured(name: str, found: Estimate) -> str:
    return f"{name} {found.value:.4f} (95 % interval {found.low:.4f} to {found.high:.4f}, {found.rows} rows)"


def _plain(name: str, metric: str, found: Estimate, outcome: Verdict, required: str) -> str:
    value = figure(metric, found.value)
    if outcome is Verdict.REJECT:
        return f"its {name} is {value}, but {required} is required"
    if outcome is Verdict.HOLD:
        return f"its {name} is {value}, but {found.rows} test rows are too few to be sure of {required}"
    return f"its {name} is {value}, and surely {required}"


def _look(name: str, found: Estimate) -> str:
    return f"The wrong answers behind the {name}: {found.rows} rows are little evidence. More rows would settle it."
