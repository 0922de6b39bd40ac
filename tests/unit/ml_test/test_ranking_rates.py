"""How often the gate is wrong about rankings, by simulation on made-up ratings: the real ones are not shipped."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bench.ranking_rates import CHAMPION, World, simulate
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.table import split_rows
from ml_test.gate.metrics.ndcg import ndcg
from ml_test.gate.rules import Rules
from ml_test.known_data import KnownData
from tests.clouds import PROJECT
from tests.ratings import ratings


@pytest.fixture(scope="module")
def world() -> World:
    dataset = Dataset.read(PROJECT / "ml_init" / "movie_recommender" / "dataset.toml")
    parts = split_rows(check("u.data", ratings(), dataset).rows, dataset)
    rules = Rules.read(PROJECT / "ml_test" / "movie_recommender" / "gate.toml")
    return World.of(KnownData(dataset=dataset, parts=parts), rules)


def test_a_simulated_model_has_the_figure_that_it_is_to_have(world: World) -> None:
    """Champion and challenger differ by the gain, in the mean of some draws."""
    found = []
    for seed in range(8):
        evidence = world.pair(-0.02, np.random.default_rng(seed))
        both = (evidence.champion or (), evidence.answers)
        found.append([ndcg(world.users, np.array([float(a) for a in one]), world.truth).mean() for one in both])
    champion, challenger = np.mean(found, axis=0)
    assert champion == pytest.approx(CHAMPION, abs=0.008)
    assert challenger - champion == pytest.approx(-0.02, abs=0.006)


def test_the_gate_hardly_ever_lets_pass_what_ranks_worse_by_the_margin(world: World) -> None:
    """The whole gate promotes at most 5 % of the releases whose rankings are worse by the margin.

    A simulation takes most of a second: `python -m bench.ranking_rates` makes as many as the published figure needs.
    """
    verdicts = Counter(verdict for verdict, _ in simulate(world, -1.0, range(20)))
    assert verdicts["PROMOTE"] <= 0.05 * verdicts.total(), verdicts
