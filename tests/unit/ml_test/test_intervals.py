"""The intervals of single figures: against scipy, published values and simulation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest

from ml_test.gate.intervals import share, win_p_value
from ml_test.gate.metrics.macro_f1 import macro_f1_estimate


@pytest.mark.parametrize(("successes", "rows"), [(0, 5), (5, 5), (8, 10), (237, 240), (1, 1)])
def test_share_is_wilsons_interval(successes: int, rows: int) -> None:
    """The interval of a share is scipy's Wilson interval."""
    interval = binomtest(successes, rows).proportion_ci(0.95, method="wilson")
    estimate = share(successes, rows)
    assert (estimate.low, estimate.high) == pytest.approx((interval.low, interval.high))


def test_share_has_published_values() -> None:
    """81 of 263 has the score interval 0.2553 to 0.3662 (Newcombe 1998, table I)."""
    estimate = share(81, 263)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.2553, 0.3662)


def test_no_mistake_is_no_certainty() -> None:
    """The lower bound of five right of five says how little that shows."""
    assert share(5, 5).low == pytest.approx(0.5655, abs=1e-4)


def test_bootstrap_is_a_function_of_matrix_and_seed() -> None:
    """The same seed gives the same figures on every machine; another seed gives others."""
    matrix = np.array([[1700, 51, 0], [83, 407, 3]])
    first, again, other = (macro_f1_estimate(matrix, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)
    assert first.low < first.value < first.high


def test_bootstrap_covers_the_truth() -> None:
    """The 95 % interval holds the true macro-F1 in at least 180 of 200 samples."""
    generator, counts = np.random.default_rng(7), [400, 100]
    chances = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]
    matrices = [
        np.array([generator.multinomial(count, chance) for count, chance in zip(counts, chances, strict=True)])
        for _ in range(200)
    ]
    expected = np.array([[360, 40, 0], [20, 80, 0]])
    truth = macro_f1_estimate(expected, seed=0).value
    estimates = [macro_f1_estimate(matrix, seed=0) for matrix in matrices]
    assert sum(estimate.low <= truth <= estimate.high for estimate in estimates) >= 180


def test_chance_of_so_many_wins() -> None:
    """McNemar's exact test gives 1/32 for 5 of 5, 1 for none, and less for more wins."""
    assert win_p_value(5, 0) == pytest.approx(1 / 32)
    assert win_p_value(0, 0) == 1.0
    assert win_p_value(0, 9) == 1.0
    assert win_p_value(8, 3) == pytest.approx(binomtest(8, 11, alternative="greater").pvalue)
    assert all(more < fewer for fewer, more in pairwise(win_p_value(wins, 3) for wins in range(4, 12)))
