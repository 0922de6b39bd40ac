"""The figures of a model that answers with probabilities, and the verdict on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import rankdata

from ml_test.gate.binary import (
    BinaryEvidence,
    BinaryFloors,
    Costs,
    auc,
    auc_estimate,
    calibration,
    calibration_error,
    decide_binary,
    log_loss,
    probability,
    ranks_of,
    saved,
)
from ml_test.gate.decision import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOORS = BinaryFloors(
    auc=0.75, slice_auc=0.65, accuracy=0.60, log_loss=0.52, calibration_error=0.05, p95_milliseconds=250
)


def drawn(rows: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Truth and the very probabilities it was drawn with: a perfectly calibrated model."""
    generator = np.random.default_rng(seed)
    scores = generator.beta(0.8, 2.4, rows)
    return (generator.random(rows) < scores).astype(np.int64), scores


def evidence(truth: NDArray[np.int64], scores: NDArray[np.float64]) -> BinaryEvidence:
    odd = np.arange(len(truth)) % 2 == 1
    return BinaryEvidence(
        truth=truth,
        scores=scores,
        slices={"odd rows": odd, "few rows": np.arange(len(truth)) < 20},
        milliseconds=[3.0] * 100,
        labels=("0", "1"),
        costs=Costs(missed=5, false_alarm=1),
    )


def failed(decided: BinaryEvidence, floors: BinaryFloors = FLOORS) -> set[str]:
    decision = decide_binary(decided, floors)
    names = {check.name for check in decision.checks if not check.passed}
    assert (decision.verdict is Verdict.REJECT) == bool(names)
    return names


def test_auc_is_the_share_of_pairs_in_order() -> None:
    """Against the definition, with ties; ranks against scipy's."""
    truth, scores = drawn(300)
    scores = scores.round(1)
    pairs = [(a > b) + (a == b) / 2 for a in scores[truth == 1] for b in scores[truth == 0]]
    assert auc(truth, scores) == pytest.approx(np.mean(pairs))
    assert (ranks_of(scores) == rankdata(scores)).all()


def test_the_interval_of_the_auc_covers_as_often_as_it_says() -> None:
    """Of 400 samples of 400 rows, 95 % of the intervals hold the true AUC."""
    true = auc(*drawn(400_000, seed=99))
    found = [auc_estimate(*drawn(400, seed)) for seed in range(400)]
    assert 0.92 < np.mean([estimate.low <= true <= estimate.high for estimate in found]) < 0.98


def test_the_loss_of_a_certain_error_is_finite() -> None:
    assert log_loss(np.array([1, 0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert np.isfinite(log_loss(np.array([0, 1]), np.array([1.0, 0.0]))).all()


def test_calibration_tells_a_fitting_model_from_a_bold_one() -> None:
    """The true probabilities are within chance of what came; halved odds are far from it."""
    truth, scores = drawn(4500)
    assert calibration_error(truth, scores).high < 0.035
    assert calibration_error(truth, scores / 2).low > 0.05
    assert sum(tenth["rows"] for tenth in calibration(truth, scores)) == 4500


def test_the_threshold_follows_the_costs() -> None:
    """And decides at the least cost: a higher or lower one costs more on the same rows."""
    assert Costs(missed=5, false_alarm=1).threshold == pytest.approx(1 / 6)
    truth, scores = drawn(20_000)
    here = evidence(truth, scores)
    assert saved(here).low > 0
    for factor in (0.3, 3.0):
        assert saved(replace(here, scores=scores * factor)).value < saved(here).value


def test_a_good_model_is_promoted() -> None:
    truth, scores = drawn(4500)
    assert failed(evidence(truth, scores)) == set()


@pytest.mark.parametrize("kind", ["constant", "shuffled", "reversed"])
def test_a_model_that_knows_nothing_is_rejected(kind: str) -> None:
    truth, scores = drawn(4500)
    known_nothing = {
        "constant": np.full(4500, truth.mean()),
        "shuffled": np.random.default_rng(1).permutation(scores),
        "reversed": 1 - scores,
    }
    assert {"AUC", "AUC of odd rows", "log loss"} <= failed(evidence(truth, known_nothing[kind]))


def test_a_model_bad_in_one_slice_only_is_rejected() -> None:
    """Its AUC over all rows may pass; a slice of few rows is named, and not judged."""
    truth, scores = drawn(4500)
    mixed = np.where(np.arange(4500) % 2 == 1, np.random.default_rng(1).permutation(scores), scores)
    decided = evidence(truth, mixed)
    assert "AUC of odd rows" in failed(decided, replace(FLOORS, auc=0.5, log_loss=1, calibration_error=1))
    (few,) = [check for check in decide_binary(decided, FLOORS).checks if check.name == "AUC of few rows"]
    assert few.passed
    assert "too few to be judged" in few.sentence


@pytest.mark.parametrize("text", ["nan", "error 400: no", "1.5", "-0.1", "", "0.2,0.8"])
def test_an_answer_that_is_no_probability_is_wrong_and_rejects(text: str) -> None:
    """One is enough; it counts against every figure."""
    truth, scores = drawn(4500)
    scores[7] = probability(text)
    decided = evidence(truth, scores)
    assert failed(decided) == {"every answer is a probability"}
    assert decided.answers[7] == "no probability"
    assert decided.alarms[7] != (truth[7] == 1)


def test_slow_answers_are_rejected() -> None:
    truth, scores = drawn(4500)
    assert failed(replace(evidence(truth, scores), milliseconds=[3.0] * 90 + [400.0] * 10)) == {"latency"}


def test_rows_of_one_label_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="the 3 test rows do not have both labels"):
        decide_binary(evidence(np.zeros(3, dtype=np.int64), np.array([0.1, 0.2, 0.3])), FLOORS)
