"""The figures of a model that answers with probabilities, and their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from ml_test.gate.answer_tables import Costs
from ml_test.gate.answers.probability import saved
from ml_test.gate.calibration import calibration, calibration_error
from ml_test.gate.delong import Placements, auc, auc_estimate, auc_gain
from ml_test.gate.metrics.log_loss import log_loss
from ml_test.gate.roc import decided, roc

if TYPE_CHECKING:
    from numpy.typing import NDArray


def drawn(rows: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Truth and the very probabilities it was drawn with: a perfectly calibrated model."""
    generator = np.random.default_rng(seed)
    scores = generator.beta(0.8, 2.4, rows)
    return (generator.random(rows) < scores).astype(np.int64), scores


def test_auc_is_the_share_of_pairs_in_order() -> None:
    """AUC agrees with its definition, ties included, and with Mann and Whitney's statistic."""
    truth, scores = drawn(300)
    scores = scores.round(1)
    pairs = [(a > b) + (a == b) / 2 for a in scores[truth == 1] for b in scores[truth == 0]]
    assert auc(truth, scores) == pytest.approx(np.mean(pairs))
    statistic = stats.mannwhitneyu(scores[truth == 1], scores[truth == 0]).statistic
    assert auc(truth, scores) == pytest.approx(statistic / len(pairs))


def test_the_roc_curve_has_the_auc_below_it() -> None:
    """The curve goes from corner to corner and only rises; its area is the AUC, rows with equal scores included."""
    truth, scores = drawn(300)
    curve = np.array(roc(truth, scores.round(1)))
    assert (curve[0].tolist(), curve[-1].tolist(), len(curve)) == ([0, 0], [1, 1], 11)
    assert (np.diff(curve, axis=0) >= 0).all()
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(auc(truth, scores.round(1)))
    long = np.array(roc(*drawn(30_000)))
    assert len(long) == 121
    assert np.trapezoid(long[:, 1], long[:, 0]) == pytest.approx(auc(*drawn(30_000)), abs=0.002)


def test_the_threshold_is_a_point_of_the_curve() -> None:
    """The decisions' shares of found events and of false alarms are a point of it; without events, nothing is found."""
    truth, scores = drawn(300)
    scores = scores.round(1)
    assert decided(truth, scores >= 0.3) in roc(truth, scores)
    assert decided(np.array([0, 0, 0, 0]), np.array([True, False, False, False])) == [0.25, 0.0]


def test_both_placements_have_the_auc_as_their_mean() -> None:
    """The placements of either label have the same mean."""
    truth, scores = drawn(300)
    found = Placements.of(truth, scores.round(1))
    assert found.beaten.mean() == pytest.approx(found.beating.mean())


def test_the_interval_of_the_auc_covers_as_often_as_it_says() -> None:
    """95 % of 400 intervals of 400 rows hold the true AUC."""
    true = auc(*drawn(400_000, seed=99))
    found = [auc_estimate(*drawn(400, seed)) for seed in range(400)]
    assert 0.92 < np.mean([estimate.low <= true <= estimate.high for estimate in found]) < 0.98


def test_delongs_gain_is_as_wide_as_a_bootstraps() -> None:
    """1,000 plain paired resamples of 600 rows have nearly the same 95 % interval."""
    truth, scores = drawn(600, seed=4)
    generator = np.random.default_rng(5)
    noisy = np.clip(scores + generator.normal(scale=0.1, size=600), 0, 1)
    low, high = auc_gain(truth, scores, noisy, confidence=0.95)
    gains = []
    for _ in range(1000):
        places = generator.integers(0, 600, 600)
        gains.append(auc(truth[places], noisy[places]) - auc(truth[places], scores[places]))
    assert (low, high) == pytest.approx(tuple(np.quantile(gains, [0.025, 0.975])), abs=0.15 * (high - low))


def test_the_loss_of_a_certain_error_is_finite() -> None:
    """A probability of 0 or 1 for the wrong label has a finite loss."""
    assert log_loss(np.array([1, 0]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert np.isfinite(log_loss(np.array([0, 1]), np.array([1.0, 0.0]))).all()


def test_calibration_tells_a_fitting_model_from_a_bold_one() -> None:
    """The true probabilities are within chance of what came; halved odds are far from it."""
    truth, scores = drawn(4500)
    assert calibration_error(truth, scores).high < 0.035
    assert calibration_error(truth, scores / 2).low > 0.05
    assert sum(tenth["rows"] for tenth in calibration(truth, scores)) == 4500


def test_calibration_error_of_known_answers() -> None:
    """Half answered 0.2 and never true, half 0.6 and always true make (0.2 + 0.4) / 2."""
    truth, answered = np.repeat([0, 1], 50), np.repeat([0.2, 0.6], 50)
    assert calibration_error(truth, answered).value == pytest.approx(0.3)


def test_the_upper_bound_of_the_calibration_error_errs_to_the_strict_side() -> None:
    """Hardly one of 200 samples has an upper bound below the true distance."""
    truth, scores = drawn(200_000, seed=7)
    true = calibration_error(truth, np.minimum(scores * 1.3, 1)).value
    found = []
    for seed in range(200):
        outcome, answered = drawn(1500, seed)
        found.append(calibration_error(outcome, np.minimum(answered * 1.3, 1)).high)
    assert np.mean(np.array(found) >= true) > 0.96


def test_the_threshold_follows_the_costs() -> None:
    """A higher or lower threshold costs more on the same rows."""
    costs = Costs(missed=5, false_alarm=1)
    assert costs.threshold == pytest.approx(1 / 6)
    truth, scores = drawn(20_000)
    assert saved(truth, scores, costs).low > 0
    for factor in (0.3, 3.0):
        assert saved(truth, scores * factor, costs).value < saved(truth, scores, costs).value
