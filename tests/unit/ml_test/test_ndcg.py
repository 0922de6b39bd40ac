"""Rankings: NDCG@10 by hand, its intervals by groups, and what is stopped by it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations
from math import log2
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.gains import Pair, gains
from ml_test.gate.metrics.ndcg import NdcgAt10, ndcg
from ml_test.gate.popularity import NAME as BEATS_POPULARITY
from ml_test.gate.rules import Rules
from ml_test.gate.slices import groups
from ml_test.gate.verdict import Verdict
from tests.clouds import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ml_test.gate.answers.probability import ProbabilityAnswers

RULES = """
[answers]
kind = "probability"
of = "yes"
grouped_by = "user"
[comparison]
metric = "ndcg_at_10"
margin = 0.02
[popularity]
column = "movie"
metric = "ndcg_at_10"
[latency]
p99_milliseconds = 500
p99_ratio = 2.0
slack_milliseconds = 500
"""
METRIC = NdcgAt10()
USERS, MOVIES, RATED = 250, 40, 10


def by_hand(scores: Sequence[float], truth: Sequence[int]) -> float:
    """The mean over all orders that the scores allow, by the definition."""
    places = range(len(scores))
    orders = [order for order in permutations(places) if all(scores[a] >= scores[b] for a, b in pairwise(order))]

    def gained(order: Sequence[int]) -> float:
        return sum(truth[place] / log2(rank + 2) for rank, place in enumerate(order))

    best = gained(sorted(places, key=lambda place: -truth[place]))
    return sum(gained(order) for order in orders) / len(orders) / best


def test_a_ranking_is_worth_what_its_definition_says() -> None:
    """Random groups of six rows, with ties and without, against the mean over all orders that the scores allow."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        scores, truth = rng.integers(0, 4, 6) / 4, rng.integers(0, 2, 6)
        found = ndcg(np.zeros(6, dtype=np.int64), scores, truth)
        if 0 < truth.sum() < 6:
            assert found == pytest.approx([by_hand(scores, truth)])
        else:
            assert not len(found)


def test_only_the_first_ten_places_count() -> None:
    """A row that came true and stands eleventh is worth nothing; the tenth is worth 1 / log2(11)."""
    scores = np.arange(12, 0, -1) / 12
    for place, worth in ((0, 1.0), (9, 1 / log2(11)), (10, 0.0)):
        truth = (np.arange(12) == place).astype(np.int64)
        assert ndcg(np.zeros(12, dtype=np.int64), scores, truth) == pytest.approx([worth])


def test_each_group_is_ranked_by_itself() -> None:
    """Scores of another group do not matter, nor does the order of the rows; groups of one label are left out."""
    truth = np.array([1, 0, 0, 1, 1, 1, 0, 0])
    scores = np.array([0.2, 0.1, 0.9, 0.8, 0.5, 0.4, 0.3, 0.2])
    numbers = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    assert ndcg(numbers, scores, truth) == pytest.approx([1.0, 1 / log2(3)])
    order = np.array([5, 2, 7, 0, 4, 3, 1, 6])
    assert ndcg(numbers[order], scores[order], truth[order]) == pytest.approx([1.0, 1 / log2(3)])


def answered(scores: NDArray[np.float64], truth: NDArray[np.int64], users: NDArray[np.int64]) -> ProbabilityAnswers:
    kind = Probability(of="yes")
    found = kind.read([repr(float(score)) for score in scores], ["yes" if true else "no" for true in truth])
    return replace(found, groups=users)


def test_intervals_follow_the_number_of_groups() -> None:
    """A resample draws whole groups: four times the groups halve the interval, four times the rows of each do not."""

    def width(users: int, rows: int, seed: int) -> float:
        rng = np.random.default_rng(seed)
        numbers = np.repeat(np.arange(users), rows)
        bad = np.repeat(rng.random(users) < 0.3, rows)  # all rows of some users are ranked upside down
        truth = rng.integers(0, 2, users * rows)
        scores = np.where(bad, 1 - truth, truth) * 0.5 + 0.01 * rng.random(users * rows) + 0.2
        found = METRIC.estimate(answered(scores, truth, numbers), seed=1)
        return found.high - found.low

    few, more_groups, more_rows = width(60, 8, 1), width(240, 8, 1), width(60, 32, 1)
    assert few / more_groups == pytest.approx(2, rel=0.2)
    assert more_rows > 0.6 * few


def test_the_paired_interval_covers_as_often_as_it_says() -> None:
    """Two models of equal worth, whose users differ: 95 % intervals of the gain hold 0 in about 95 % of the draws."""
    held, draws = 0, 200
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        users = np.repeat(np.arange(60), 8)
        truth = rng.integers(0, 2, len(users))
        noise = np.repeat(rng.exponential(size=(2, 60)), 8, axis=1)
        both = [truth + noise[model] * rng.normal(size=len(users)) for model in (0, 1)]
        champion, challenger = (answered(1 / (1 + np.exp(-scores)), truth, users) for scores in both)
        (gain,) = gains(Pair(champion=champion, challenger=challenger), [METRIC], confidence=0.95, seed=seed)
        held += gain.low <= 0 <= gain.high
    assert 0.90 <= held / draws <= 0.99


def test_a_ranking_needs_groups_with_both_labels() -> None:
    """Without groups, or where none has both labels, there is nothing to rank, and the error says so."""
    rows = answered(np.array([0.1, 0.9]), np.array([0, 1]), np.array([0, 1]))
    with pytest.raises(ValueError, match="no group of test rows has both labels"):
        METRIC.value(rows)
    with pytest.raises(ValueError, match="has no grouped_by"):
        METRIC.value(replace(rows, groups=None))


def test_a_ranking_is_offered_only_where_something_groups_the_rows() -> None:
    """Rules that compare by it name the column; else it is no metric for these answers."""
    assert Rules.parse(RULES).compared == [Rules.parse(RULES).compared[0]]
    with pytest.raises(ValueError, match="asks for 'ndcg_at_10', which is no metric for these answers"):
        Rules.parse(RULES.replace('grouped_by = "user"', ""))


class World:
    """Users who like movies by two hidden factors, and how popular each movie is."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        taste, content = rng.normal(size=(USERS, 2)), rng.normal(size=(MOVIES, 2))
        self.liking = 1 / (1 + np.exp(-(2 * taste @ content.T + rng.normal(size=MOVIES))))
        self.users = np.repeat(np.arange(USERS), RATED)
        self.movies = np.concatenate([rng.choice(MOVIES, RATED, replace=False) for _ in range(USERS)])
        self.truth = (rng.random(len(self.users)) < self.liking[self.users, self.movies]).astype(np.int64)
        learned = rng.random((USERS, MOVIES)) < self.liking
        self.learned = [
            (str(movie), "yes" if learned[u, movie] else "no") for u in range(USERS) for movie in range(MOVIES)
        ]

    @property
    def good(self) -> NDArray[np.float64]:
        return self.liking[self.users, self.movies]

    def evidence(self, scores: NDArray[np.float64], champion: NDArray[np.float64] | None = None) -> Evidence:
        kind = Rules.parse(RULES).answers
        names = ["yes" if true else "no" for true in self.truth]
        movies = [str(movie) for movie in self.movies]
        return Evidence(
            requests=[f"{user},{movie}" for user, movie in zip(self.users, movies, strict=True)],
            truth=names,
            answers=[repr(float(score)) for score in scores],
            champion=None if champion is None else [repr(float(score)) for score in champion],
            milliseconds=[3.0] * 100,
            champion_milliseconds=[] if champion is None else [3.0] * 100,
            labels=["no", "yes"],
            baseline=kind.baseline(names, ["no", "yes"]),
            seed=1,
            groups=[str(user) for user in self.users],
            popularity=kind.baseline_by(self.learned, movies),
        )


def failed(evidence: Evidence) -> set[str]:
    decision = decide(evidence, Rules.parse(RULES))
    return {check.name for check in decision.checks if check.outcome is Verdict.REJECT}


def test_a_model_that_knows_its_users_passes() -> None:
    """It beats popularity, and is as good as a champion that is the same."""
    world = World()
    assert decide(world.evidence(world.good), Rules.parse(RULES)).verdict is Verdict.PROMOTE
    assert decide(world.evidence(world.good, world.good), Rules.parse(RULES)).verdict is Verdict.PROMOTE


def test_a_model_that_ranks_by_popularity_alone_is_stopped() -> None:
    """Its answers save costs, and are the same for every user: the check names popularity."""
    world = World()
    popular = world.liking.mean(axis=0)[world.movies]
    assert failed(world.evidence(popular)) == {BEATS_POPULARITY}


def test_constant_shuffled_and_reversed_models_are_stopped() -> None:
    """None of them ranks better than popularity, and beside a good champion each is worse."""
    world = World()
    shuffled = np.random.default_rng(5).permutation(world.good)
    for scores in (np.full(len(world.good), 0.5), shuffled, 1 - world.good):
        assert BEATS_POPULARITY in failed(world.evidence(scores))
        assert "comparison" in failed(world.evidence(scores, world.good))


def test_a_model_that_mixes_up_the_users_is_stopped() -> None:
    """Each answer is right for another user: overall it looks like a good model's, and its rankings are not."""
    world = World()
    others = world.liking[(world.users + 1) % USERS, world.movies]
    assert BEATS_POPULARITY in failed(world.evidence(others))


def test_rows_that_are_left_out_leave_their_groups() -> None:
    """Groups and the popular answers go with the rows that are judged."""
    world = World()
    whole = world.evidence(world.good)
    part = whole.where(np.arange(len(whole.requests)) < 25)
    assert part.groups == [str(user) for user in world.users[:25]]
    assert part.popularity == whole.popularity[:25]
    assert part.read(Rules.parse(RULES).answers, part.answers).groups.tolist() == world.users[:25].tolist()


def test_popularity_is_how_often_the_label_came() -> None:
    """The most popular value answers 1, one that never came 0; labels have no such model."""
    learned = [("a", "yes"), ("a", "yes"), ("a", "no"), ("b", "yes"), ("c", "no")]
    assert Probability(of="yes").baseline_by(learned, ["a", "b", "c", "d", "a"]) == ["1.0", "0.5", "0.0", "0.0", "1.0"]
    with pytest.raises(ValueError, match="answers of the kind 'labels' have no baseline by a column"):
        Labels().baseline_by(learned, ["a"])


def test_groups_by_how_much_was_learned() -> None:
    """Rows are grouped by how many training rows have the same value of a column."""
    (cut,) = Rules.parse(
        RULES + '[slices]\nmetric = "auc"\nmargin = 0.1\n[[slices.by]]\nfeature = "user"\ntraining_rows = [0, 2, 3]\n'
    ).cuts
    learned = [
        ("1", "9", "yes"),
        ("1", "8", "no"),
        ("2", "9", "no"),
        ("3", "7", "no"),
        ("3", "8", "no"),
        ("3", "9", "no"),
    ]
    found = groups(["1,1", "2,2", "3,3", "4,4"], ["user", "movie"], [cut], learned)
    assert {name: mask.tolist() for name, mask in found.items()} == {
        "user with 0 to 1 training rows": [False, True, False, True],
        "user with 2 training rows": [True, False, False, False],
        "user with 3 or more training rows": [False, False, True, False],
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("bounds = [0]\ntraining_rows = [0]", "more than one of"),
        ("training_rows = [2, 1]", "expected numbers that rise"),
    ],
)
def test_groups_are_cut_in_one_way(change: str, problem: str) -> None:
    """A cut with two kinds of bounds, or with bounds that do not rise, is refused."""
    slices = f'[slices]\nmetric = "auc"\nmargin = 0.1\n[[slices.by]]\nfeature = "user"\n{change}\n'
    with pytest.raises(ValueError, match=problem):
        Rules.parse(RULES + slices)


def test_the_recommenders_rules_can_be_read() -> None:
    """They compare by the ranking of each user, and must beat popularity in it."""
    rules = Rules.read(PROJECT / "ml_test" / "movie_recommender" / "gate.toml")
    assert rules.compared[0].name == "ndcg_at_10"
    assert rules.popularity is not None
    assert rules.popularity_metric(rules.popularity).name == "ndcg_at_10"
    assert Rules.of(rules.document()) == rules
