"""The paired intervals: against scipy and brute force where both compute the same, and for coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar

from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import ProbabilityAnswers
from ml_test.gate.bootstrap import Figure, intervals, weights
from ml_test.gate.gains import Gain, Pair, gains
from ml_test.gate.intervals import _score, paired_shares
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.macro_f1 import macro_f1


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
    """Tango's formula agrees with brute force."""
    expected = likeliest_score(wins, losses, rows, difference)
    assert _score(wins, losses, rows, difference) == pytest.approx(expected, abs=1e-5)


def test_score_at_zero_is_mcnemars() -> None:
    """The score is (wins - losses) / sqrt(wins + losses), and its interval excludes 0 where that test does."""
    assert _score(12, 4, 200, 0.0) == pytest.approx(8 / 4)
    for wins, losses in [(12, 4), (11, 4), (4, 12), (4, 11), (6, 0), (5, 1)]:
        low, high = paired_shares(wins, losses, 240, confidence=0.95)
        surely = stats.norm.sf(abs(wins - losses) / np.sqrt(wins + losses)) < 0.025
        assert (low > 0 or high < 0) == surely


def test_no_difference_is_no_certainty() -> None:
    """Two models that agree on all of 240 rows may still differ by 1.6 percentage points."""
    assert paired_shares(0, 0, 240, confidence=0.95) == pytest.approx((-0.01575, 0.01575), abs=1e-5)
    low, high = paired_shares(0, 1, 10**6, confidence=0.95)
    assert low < -1e-6 < high


def test_score_interval_covers() -> None:
    """95 % of 2,000 intervals of models that differ by 3 points hold the truth, give or take 1.5."""
    drawn = np.random.default_rng(3).multinomial(240, [0.01, 0.04, 0.95], size=2000)
    bounds = [paired_shares(int(w), int(lost), 240, confidence=0.95) for w, lost, _ in drawn]
    covered = np.mean([low <= -0.03 <= high for low, high in bounds])
    assert 0.935 <= covered <= 0.965


METRIC = {metric.name: metric for metric in METRICS}


def answered(truth: np.ndarray, values: np.ndarray) -> ProbabilityAnswers:
    usable = np.zeros(len(values), dtype=bool)
    return ProbabilityAnswers(truth=truth, values=values, unusable=usable, labels=("0", "1"), threshold=0.5)


def scored(rows: int, seed: int, *, noise: float = 0.5) -> Pair[ProbabilityAnswers]:
    """Scores of two equally good models; negatives first."""
    generator = np.random.default_rng(seed)
    truth = np.repeat([0, 1], [rows - rows // 4, rows // 4])
    common = truth + generator.normal(size=rows)
    both = [1 / (1 + np.exp(-(common + noise * generator.normal(size=rows)))) for _ in range(2)]
    return Pair(champion=answered(truth, both[0]), challenger=answered(truth, both[1]))


def gain(metric: str, pair: Pair[Decided], *, confidence: float = 0.95) -> Gain:
    return gains(pair, [METRIC[metric]], confidence=confidence, seed=1)[0]


def test_leaving_a_row_out_is_a_subtraction() -> None:
    """The jackknife agrees with plainly leaving rows out, for a mean and for macro-F1."""
    pair = scored(40, 2)
    for metric in ("log_loss", "macro_f1"):
        without = METRIC[metric].gain_figure(pair).without_each_row()
        for row in (0, 5, 35, 39):
            left = pair.where(np.arange(40) != row)
            assert without[row] == pytest.approx(METRIC[metric].gain_figure(left).value)


def test_gain_figures_are_the_metrics_differences() -> None:
    """The resampled figure is the reported one."""
    pair = scored(300, 3)
    for metric, sign in (("log_loss", -1), ("macro_f1", 1)):
        before, after = (METRIC[metric].value(answers) for answers in (pair.champion, pair.challenger))
        assert METRIC[metric].gain_figure(pair).value == pytest.approx(sign * (after - before))


def test_macro_f1_is_the_confusion_matrixs() -> None:
    """The resampled figure sums the cells of the matrix that is shown, the unusable answer's among them."""
    model = Labels().read(list("013110"), list("000112"), list("012"))
    nothing = Labels().read(list("333333"), list("000112"), list("012"))
    assert METRIC["macro_f1"].value(model) == pytest.approx(float(macro_f1(model.matrix)))
    resampled = METRIC["macro_f1"].gain_figure(Pair(champion=nothing, challenger=model))
    assert resampled.value == pytest.approx(float(macro_f1(model.matrix)))


def test_bca_agrees_with_scipy() -> None:
    """BCa's interval of a skewed mean is scipy.stats.bootstrap's, up to the luck of the draw."""
    values = np.random.default_rng(4).exponential(size=80)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=1).confidence_interval
    mean = Figure(parts=np.stack([values, np.ones(80)]), of=lambda sums: sums[0] / sums[1])
    stratum = np.zeros(80, dtype=np.int64)
    ((low, high),) = intervals({"mean": mean}, stratum, confidences=[0.95], seed=1)["mean"]
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


@pytest.mark.parametrize("metric", ["auc", "log_loss", "macro_f1"])
def test_paired_interval_covers(metric: str) -> None:
    """At least 90 % of 120 intervals of equally good models hold 0."""
    found = [gain(metric, scored(200, seed)) for seed in range(120)]
    assert sum(entry.low <= 0 <= entry.high for entry in found) >= 108


@pytest.mark.parametrize("metric", ["auc", "log_loss", "macro_f1", "accuracy"])
def test_identical_answers_are_no_certainty(metric: str) -> None:
    """The interval of two models that answer 400 rows alike has a width, which more rows make smaller."""
    widths = []
    for rows in (400, 4000):
        pair = scored(rows, 9)
        found = gain(metric, Pair(champion=pair.champion, challenger=pair.champion))
        assert found.value == 0
        assert found.low < 0 < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 3


def test_less_log_loss_is_a_gain() -> None:
    """The gain in a loss is positive where the loss is smaller."""
    pair = scored(400, 9)
    truth = pair.champion.truth
    certain = answered(truth, np.where(truth == 1, 0.9, 0.1))
    found = gain("log_loss", Pair(champion=pair.champion, challenger=certain))
    assert 0 < found.low <= found.value <= found.high


def test_strata_keep_their_counts() -> None:
    """Each resample has as many rows of each true label as the test set."""
    drawn = np.concatenate(list(weights([30, 5], 50, seed=1)))
    assert drawn.shape == (50, 35)
    assert set(drawn[:, :30].sum(axis=1)) == {30.0}
    assert set(drawn[:, 30:].sum(axis=1)) == {5.0}
