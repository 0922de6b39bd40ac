"""The paired intervals: against scipy and brute force where both compute the same, and for coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

from ml_test.gate.figures import Auc, CalibrationError, MacroF1, RowMean
from ml_test.gate.metrics import confusion_matrix, macro_f1
from ml_test.gate.paired import Rows, _score, gain, paired_figure, score_interval
from ml_test.gate.resampling import Bootstrap, value_of, weights


def likeliest_score(wins: int, losses: int, rows: int, difference: float) -> float:
    """The score with the nuisance share found by maximizing the likelihood, where the gate has a formula."""

    def unlikely(losing: float) -> float:
        shares = (losing + difference, losing, 1 - 2 * losing - difference)
        counts = (wins, losses, rows - wins - losses)
        return -sum(count * np.log(share) for count, share in zip(counts, shares, strict=True) if count)

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    losing = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    variance = rows * (2 * losing + difference * (1 - difference))
    return float((wins - losses - rows * difference) / np.sqrt(variance))


@pytest.mark.parametrize(
    ("wins", "losses", "rows", "difference"),
    [(5, 3, 240, 0.01), (5, 3, 240, -0.03), (20, 40, 300, -0.05), (1, 4, 100, -0.02), (7, 1, 50, 0.2)],
)
def test_score_is_that_of_the_likeliest_model(wins: int, losses: int, rows: int, difference: float) -> None:
    """Tango's formula, by brute force."""
    expected = likeliest_score(wins, losses, rows, difference)
    assert _score(wins, losses, rows, difference) == pytest.approx(expected, abs=1e-5)


def test_score_at_zero_is_mcnemars() -> None:
    """(wins - losses) / sqrt(wins + losses); and the interval excludes 0 exactly where that test does."""
    assert _score(12, 4, 200, 0.0) == pytest.approx(8 / 4)
    for wins, losses in [(12, 4), (11, 4), (4, 12), (4, 11), (6, 0), (5, 1)]:
        low, high = score_interval(wins, losses, 240, confidence=0.95)
        surely = stats.norm.sf(abs(wins - losses) / np.sqrt(wins + losses)) < 0.025
        assert (low > 0 or high < 0) == surely


def test_no_difference_is_no_certainty() -> None:
    """Two models that agree on all of 240 rows may still differ by 1.6 percentage points."""
    assert score_interval(0, 0, 240, confidence=0.95) == pytest.approx((-0.01575, 0.01575), abs=1e-5)
    low, high = score_interval(0, 1, 10**6, confidence=0.95)
    assert low < -1e-6 < high


def test_score_interval_covers() -> None:
    """Of 2,000 samples of models that differ by 3 points, 240 rows each, 95 % hold the truth, give or take 1.5."""
    drawn = np.random.default_rng(3).multinomial(240, [0.01, 0.04, 0.95], size=2000)
    bounds = [score_interval(int(w), int(lost), 240, confidence=0.95) for w, lost, _ in drawn]
    covered = np.mean([low <= -0.03 <= high for low, high in bounds])
    assert 0.935 <= covered <= 0.965


def scored(rows: int, seed: int, *, noise: float = 0.5) -> Rows:
    """Scores of two equally good models; negatives first."""
    generator = np.random.default_rng(seed)
    truth = np.repeat([0, 1], [rows - rows // 4, rows // 4])
    common = truth + generator.normal(size=rows)
    both = [1 / (1 + np.exp(-(common + noise * generator.normal(size=rows)))) for _ in range(2)]
    return Rows(truth=truth, champion=both[0], challenger=both[1], labels=2, threshold=0.5)


def bounds_of(metric: str, rows: Rows, seed: int = 1) -> tuple[float, float]:
    bootstrap = Bootstrap(rows.strata, seed=seed)
    bootstrap.want("gain", paired_figure(metric, rows), confidence=0.95)
    return bootstrap.bounds()["gain"]


def test_auc_is_mann_whitneys_statistic() -> None:
    """Also with ties, and also of weighted rows."""
    rows = scored(200, 1)
    scores = np.round(rows.champion.astype(float), 1)
    statistic = stats.mannwhitneyu(scores[rows.truth == 1], scores[rows.truth == 0]).statistic
    figure = Auc(rows.truth, scores)
    assert value_of(figure, 200) == pytest.approx(statistic / (150 * 50))
    drawn = next(weights(rows.strata, 3, seed=5))
    for place in range(3):
        repeated = np.repeat(scores, drawn[:, place].astype(int))
        truth = np.repeat(rows.truth, drawn[:, place].astype(int))
        statistic = stats.mannwhitneyu(repeated[truth == 1], repeated[truth == 0]).statistic
        assert figure(drawn)[place] == pytest.approx(statistic / (150 * 50))


def test_jackknife_leaves_each_row_out() -> None:
    """The formulas against plain leaving out."""
    rows = scored(40, 2)
    scores = rows.champion.astype(float)
    right = (scores > 0.5).astype(np.int64)
    auc, mean, f1 = Auc(rows.truth, scores), RowMean(scores), MacroF1(rows.truth, right, 2)

    def without(values: NDArray[np.generic], row: int) -> NDArray[np.generic]:
        return np.delete(values, row)

    for row in (0, 5, 35, 39):
        truth, left = without(rows.truth, row), without(scores, row)
        assert auc.jackknife()[row] == pytest.approx(value_of(Auc(truth, left), 39))
        assert mean.jackknife()[row] == pytest.approx(left.mean())
        assert f1.jackknife()[row] == pytest.approx(value_of(MacroF1(truth, without(right, row), 2), 39))


def test_macro_f1_is_the_confusion_matrixs() -> None:
    truth, answers = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 3, 1, 1, 0])
    matrix = confusion_matrix([str(t) for t in truth], [str(a) for a in answers], ["0", "1", "2"])
    assert value_of(MacroF1(truth, answers, 3), 6) == pytest.approx(float(macro_f1(matrix)))


def test_bca_agrees_with_scipy() -> None:
    """One stratum, a skewed mean: scipy.stats.bootstrap's BCa interval, up to the luck of the draw."""
    values = np.random.default_rng(4).exponential(size=80)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    bootstrap = Bootstrap([80], seed=1)
    bootstrap.want("mean", RowMean(values), confidence=0.95)
    low, high = bootstrap.bounds()["mean"]
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


@pytest.mark.parametrize("metric", ["auc", "log_loss", "macro_f1"])
def test_bootstrap_covers(metric: str) -> None:
    """Of 120 pairs of equally good models, at least 90 % of the intervals hold 0."""
    covered = 0
    for seed in range(120):
        low, high = bounds_of(metric, scored(200, seed))
        covered += low <= 0 <= high
    assert covered >= 108


def test_less_log_loss_is_a_gain() -> None:
    rows = scored(400, 9)
    better = Rows(
        truth=rows.truth,
        champion=rows.champion,
        challenger=np.where(rows.truth == 1, 0.9, 0.1),
        labels=2,
        threshold=0.5,
    )
    found = gain("log_loss", better, confidence=0.95, bounds=bounds_of("log_loss", better))
    assert found.value > 0
    assert 0 < found.low <= found.value <= found.high


def test_strata_keep_their_counts() -> None:
    """Each resample has as many rows of each true label as the test set."""
    drawn = np.concatenate(list(weights([30, 5], 50, seed=1)), axis=1)
    assert drawn.shape == (35, 50)
    assert set(drawn[:30].sum(axis=0)) == {30.0}
    assert set(drawn[30:].sum(axis=0)) == {5.0}


def test_calibration_error_of_known_answers() -> None:
    """Half is answered 0.2 and never true, half 0.6 and always: (0.2 + 0.4) / 2."""
    truth, answered = np.repeat([0, 1], 50), np.repeat([0.2, 0.6], 50)
    assert value_of(CalibrationError(truth, answered), 100) == pytest.approx(0.3)


def test_probability_metrics_need_probabilities() -> None:
    rows = Rows(truth=np.array([0, 1]), champion=np.array([0, 1]), challenger=np.array([0, 1]), labels=2)
    with pytest.raises(ValueError, match="auc needs probabilities"):
        paired_figure("auc", rows)
