"""Texts take the same way to PROD: no label, a Glue job that counts words, and a gate that judges topics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import User, in_prod
from tests.e2e.test_release import gate_report

BRAIN = "Neurons in the visual cortex of macaques respond to stimuli, and <b>predict</b> behavior &amp; learning."
BACTERIA = "Antibiotic resistance spreads through bacterial populations; we sequenced the genomes of pathogens."


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user whose HEAD of nyt_comments is in PROD."""
    with in_prod(tmp_path_factory, "nyt_comments") as user:
        yield user


def test_a_text_has_topics(topics: User) -> None:
    """PROD answers twenty shares; texts of different matters have different topics."""
    answers = [[float(share) for share in topics.ask(text).split(",")] for text in (BRAIN, BACTERIA)]
    assert [len(shares) for shares in answers] == [20, 20]
    assert all(sum(shares) == pytest.approx(1, abs=1e-3) for shares in answers)
    assert len({shares.index(max(shares)) for shares in answers}) == 2


def test_the_gate_judged_topics_and_knows_what_was_learned(topics: User) -> None:
    """The report has completion, topics as words, and every training and validation text as learned."""
    (package,) = topics.packages()
    report = gate_report(topics, package)
    assert (report["verdict"], report["data"]) == ("PROMOTE", "PLOS Biology abstracts (stand-in for nyt_comments)")
    assert len(report["answered"]["topics"]) == 20
    assert report["answered"]["diversity"] > 0.7375
    assert (report["learning"]["unknown"], report["learning"]["foreign"]) == ("", 0)
