"""The challenger's own figures against floors and ceilings, at 95 % (docs/decisions/0007-splits-and-floors.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.figures import CalibrationError, brier_scores
from ml_test.gate.figures import RowMean as Mean
from ml_test.gate.intervals import CONFIDENCE, Estimate, macro_f1_estimate, share
from ml_test.gate.paired import figure as figure_of
from ml_test.gate.resampling import value_of
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import NAMES, figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.paired import Rows
    from ml_test.gate.resampling import Bootstrap, Bounds, Figure
    from ml_test.gate.rules import Rules


def wanted(rows: Rows, rules: Rules) -> dict[str, Figure]:
    """What of the floors and ceilings needs the bootstrap; calibration is always measured where there are scores."""
    if rows.threshold is None:
        return {}
    scores = rows.challenger.astype(float)
    figures: dict[str, Figure] = {
        "calibration_error": CalibrationError(rows.truth, scores),
        "brier": Mean(brier_scores(rows.truth, scores)),
        "auc": figure_of("auc", rows, rows.challenger),
        "log_loss": figure_of("log_loss", rows, rows.challenger),
    }
    asked = {*rules.floors, *rules.ceilings}
    return {name: made for name, made in figures.items() if name in asked | {"calibration_error", "brier"}}


def want(bootstrap: Bootstrap, figures: Mapping[str, Figure]) -> None:
    for name, made in figures.items():
        bootstrap.want(f"own {name}", made, confidence=CONFIDENCE)


def estimates(figures: Mapping[str, Figure], bounds: Mapping[str, Bounds], rows: int) -> dict[str, Estimate]:
    return {
        name: Estimate(
            value=value_of(made, rows), low=bounds[f"own {name}"][0], high=bounds[f"own {name}"][1], rows=rows
        )
        for name, made in figures.items()
    }


def judge(
    matrix: NDArray[np.int64], labels: Sequence[str], measured: Mapping[str, Estimate], rules: Rules, seed: int
) -> list[Check]:
    """A check for each floor and ceiling. ``matrix``: the confusion matrix; ``measured``: what was resampled."""
    rows = matrix.sum(axis=1)
    untested = [label for label, count in zip(labels, rows, strict=True) if not count]
    if untested:
        said = f"no test row has the label {', '.join(untested)}: it cannot be judged"
        look = "Whether the data file still has rows of every label, and enough of them for the split."
        return [Check(name="every label is tested", outcome=Verdict.HOLD, plain=said, sentence=said, look_at=look)]
    right = np.diagonal(matrix)
    checks = []
    for metric, floor in rules.floors.items():
        if metric == "recall":
            for label, hits, count in zip(labels, right, rows, strict=True):
                checks.append(_floor(f"recall of {label}", metric, share(int(hits), int(count)), floor))
        elif metric == "accuracy":
            checks.append(_floor(metric, metric, share(int(right.sum()), int(rows.sum())), floor))
        elif metric == "macro_f1":
            checks.append(_floor("macro-F1", metric, macro_f1_estimate(matrix, seed=seed), floor))
        else:
            checks.append(_floor(NAMES.get(metric, metric), metric, _known(measured, metric), floor))
    ceilings = rules.ceilings.items()
    return checks + [_ceiling(NAMES.get(name, name), name, _known(measured, name), most) for name, most in ceilings]


def _known(measured: Mapping[str, Estimate], metric: str) -> Estimate:
    if metric not in measured:
        raise ValueError(f"gate.toml asks for {metric}, which is not known of these answers; known: {list(measured)}")
    return measured[metric]


def _floor(name: str, metric: str, estimate: Estimate, floor: float) -> Check:
    outcome = Verdict.from_bounds(low=estimate.low, value=estimate.value, floor=floor)
    relation = "at or above" if outcome is Verdict.PROMOTE else "below"
    sentence = f"{_measured(name, estimate)}: its lower bound is {relation} the floor {floor:.4f}"
    plain = _plain(name, metric, estimate, outcome, f"at least {figure(metric, floor)}")
    return Check(
        name=name, outcome=outcome, plain=plain, sentence=sentence, look_at=_look(name, estimate),
        estimate=estimate, floor=floor,
    )  # fmt: skip


def _ceiling(name: str, metric: str, estimate: Estimate, most: float) -> Check:
    outcome = Verdict.from_bounds(low=-estimate.high, value=-estimate.value, floor=-most)
    relation = "at or below" if outcome is Verdict.PROMOTE else "above"
    sentence = f"{_measured(name, estimate)}: its upper bound is {relation} the ceiling {most:.4f}"
    plain = _plain(name, metric, estimate, outcome, f"at most {figure(metric, most)}")
    return Check(
        name=name, outcome=outcome, plain=plain, sentence=sentence, look_at=_look(name, estimate),
        estimate=estimate, floor=most, ceiling=True,
    )  # fmt: skip


def _measured(name: str, estimate: Estimate) -> str:
    return (
        f"{name} {estimate.value:.4f} (95 % interval {estimate.low:.4f} to {estimate.high:.4f}, {estimate.rows} rows)"
    )


def _plain(name: str, metric: str, estimate: Estimate, outcome: Verdict, required: str) -> str:
    value = figure(metric, estimate.value)
    if outcome is Verdict.REJECT:
        return f"its {name} is {value}, but {required} is required"
    if outcome is Verdict.HOLD:
        return f"its {name} is {value}, but {estimate.rows} test rows are too few to be sure of {required}"
    return f"its {name} is {value}, and surely {required}"


def _look(name: str, estimate: Estimate) -> str:
    return f"The wrong answers behind the {name}: {estimate.rows} rows are little evidence. More rows would settle it."
