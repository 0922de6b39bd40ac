"""The movie recommender: data that is not shipped, RecordIO to a built-in algorithm, JSON to its endpoint.

Its ratings are made up, in the form of the real ones: those may not be shipped, and no test needs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ratings
from tests.e2e.conftest import User, in_prod_beside_others
from tests.e2e.test_release import gate_report, reported_while_learning

PROD = "movie-recommender-prod"


@pytest.fixture(scope="module")
def movies(workshop: User) -> Iterator[User]:
    """A user whose HEAD of movie_recommender is in PROD, with ratings of their own, which are no part of the commit."""

    def edit(clone: Path) -> None:
        ratings.put_into(clone, ratings.ratings())

    with in_prod_beside_others(workshop, "movie_recommender", edit=edit, message="Ratings of our own") as user:
        yield user


def test_head_is_in_prod(movies: User) -> None:
    """PROD answers a probability for a user and a movie; the file came from the data bucket, and not by the commit."""
    assert 0 < float(movies.ask("1,1")) < 1
    assert movies.ask("1,1") != movies.ask("2,1")
    assert movies.stack_status("MovieRecommenderProd") == "CREATE_COMPLETE"
    assert movies.run("git", "ls-files", "--", "*u.data").stdout == ""


def test_the_gate_judged_rankings(movies: User) -> None:
    """The report has NDCG@10 of each user against popularity, and the model learned from no test row."""
    (package,) = movies.packages()
    assert package["ModelApprovalStatus"] == "Approved"
    report = gate_report(movies, package)
    assert (report["verdict"], report["rows"]) == ("PROMOTE", ratings.USERS * 10)
    checks = {check["name"]: check["outcome"] for check in report["checks"]}
    assert {"beats popularity", "NDCG@10", "AUC", "log loss", "learned rows"} <= checks.keys()
    assert (report["learning"]["learned_by_challenger"], report["learning"]["foreign"]) == (0, 0)
    # 25 epochs and the end.
    assert reported_while_learning(report)["train:binary_classification_cross_entropy"] == 26


def test_many_movies_are_ranked_in_one_request(movies: User) -> None:
    """The endpoint scores a hundred sparse records at once, each as it does alone."""
    runtime = movies.cloud.client("sagemaker-runtime")
    records = [{"data": {"features": {"keys": [4, 943 + m], "shape": [2625], "values": [1, 1]}}} for m in range(100)]
    answer = runtime.invoke_endpoint(
        EndpointName=PROD, ContentType="application/json", Body=json.dumps({"instances": records})
    )
    scores = [each["score"] for each in json.loads(answer["Body"].read())["predictions"]]
    assert len(set(scores)) > 50
    assert [movies.ask(f"5,{movie}") for movie in (1, 50, 100)] == [repr(scores[place]) for place in (0, 49, 99)]


def test_its_door_ranks_all_movies_for_a_user(movies: User) -> None:
    """`make call` gets the ten best of 1,682 by PROD's scores, the best first; those of u.item with their titles."""
    answer = movies.call("5")
    best = answer["titles"]
    assert (len(best), answer["release"]) == (10, 1)
    assert best == sorted(best, key=lambda each: -each["score"])
    known = [each for each in best if each["movie"] <= ratings.MOVIES]
    assert known
    assert {each["title"] for each in known} == {f"Movie {each['movie']} (1995)" for each in known}
    assert {each["title"] for each in best if each not in known} == {str(e["movie"]) for e in best if e not in known}
    assert best[0]["score"] == float(movies.ask(f"5,{best[0]['movie']}"))
