"""A few of the hostile requests that `python -m bench.fuzz` sends by the thousand: none gets a 500, none hangs.

The seeds are fixed, so that each run sends the same.
"""

from __future__ import annotations

import pytest

from bench.lab import fuzzing
from bench.lab.fuzzing import Outcome
from tests.clouds import LocalCloud


@pytest.fixture(scope="module")
def cloud(local_cloud: LocalCloud) -> LocalCloud:
    local_cloud.client("s3").create_bucket(Bucket="fuzz")
    return local_cloud


def assert_sound(cloud: LocalCloud, outcome: Outcome) -> None:
    """Nothing was answered with a 500, and the local cloud answers as before."""
    assert outcome.broken == []
    assert cloud.client("sts").get_caller_identity()["Account"]


def test_malformed_http(cloud: LocalCloud) -> None:
    """Broken heads, lengths, addresses and names are refused with 4xx, or the connection is ended."""
    outcome = Outcome()
    fuzzing.send_malformed(cloud, outcome)
    assert sum(outcome.statuses.values()) >= 55
    assert not any(status < 300 for status in outcome.statuses if status)
    assert_sound(cloud, outcome)


def test_mutations_of_signed_requests(cloud: LocalCloud) -> None:
    """A byte more, less or other in what was signed is refused, or changes nothing that counts."""
    outcome = Outcome()
    fuzzing.send_mutations(cloud, outcome, 150, seed=3)
    assert_sound(cloud, outcome)
    assert sum(outcome.statuses.values()) == 150


@pytest.mark.parametrize("seed", [4, 5])
def test_calls_drawn_from_models(cloud: LocalCloud, seed: int) -> None:
    """Values of the models' types and of others, from the administrator, are taken or refused."""
    outcome = Outcome()
    fuzzing.send_calls(cloud, outcome, 300, seed=seed)
    assert_sound(cloud, outcome)
    assert any(200 <= status < 300 for status in outcome.statuses)


def test_bombs(cloud: LocalCloud) -> None:
    """What is small on the wire and huge, deep or endless to a reader is refused before it is read like that."""
    outcome = Outcome()
    fuzzing.send_bombs(cloud, outcome)
    assert_sound(cloud, outcome)
