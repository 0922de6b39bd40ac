"""Texts take the same way to PROD: no label, a Glue job that counts words, and a gate that judges topics."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import PROJECT
from tests.e2e.conftest import User, in_prod_beside_others
from tests.e2e.other_data import held_with_another_data_set
from tests.e2e.test_release import change, gate_report, reported_while_learning
from tests.own_data import data_folder

ABSTRACTS = "ml_init/nyt_comments/plos_biology_abstracts.jsonl.gz"
COMMENTS = "ml_init/nyt_comments/datasets/nyt_comments.toml"

BRAIN = "Neurons in the visual cortex of macaques respond to stimuli, and <b>predict</b> behavior &amp; learning."
BACTERIA = "Antibiotic resistance spreads through bacterial populations; we sequenced the genomes of pathogens."


@pytest.fixture(scope="module")
def topics(workshop: User) -> Iterator[User]:
    """A user whose HEAD of nyt_comments is in PROD."""
    with in_prod_beside_others(workshop, "nyt_comments") as user:
        yield user


def test_a_text_has_topics(topics: User) -> None:
    """PROD answers twenty shares; texts of different matters have different topics."""
    answers = [[float(share) for share in topics.ask(text).split(",")] for text in (BRAIN, BACTERIA)]
    assert [len(shares) for shares in answers] == [20, 20]
    assert all(sum(shares) == pytest.approx(1, abs=1e-3) for shares in answers)
    assert len({shares.index(max(shares)) for shares in answers}) == 2


def test_its_door_tells_topics_by_their_words(topics: User) -> None:
    """`make call` gets all topics, the heaviest first, with PROD's weights and the words that the gate has found."""
    answer = topics.call(BRAIN)
    weights = [each["weight"] for each in answer["topics"]]
    assert weights == sorted((float(share) for share in topics.ask(BRAIN).split(",")), reverse=True)
    assert all(len(set(each["words"])) >= 5 for each in answer["topics"])
    assert answer["release"] == 1
    assert topics.call(BACTERIA)["topics"][0]["words"] != answer["topics"][0]["words"]


def test_the_gate_judged_topics_and_knows_what_was_learned(topics: User) -> None:
    """The report has completion, topics as words, and every training and validation text as learned."""
    (package,) = topics.packages()
    report = gate_report(topics, package)
    assert (report["verdict"], report["data"]) == ("PROMOTE", "PLOS Biology abstracts (stand-in for nyt_comments)")
    assert len(report["answered"]["topics"]) == 20
    assert report["answered"]["diversity"] > 0.7375
    assert (report["learning"]["unknown"], report["learning"]["foreign"]) == ("", 0)
    assert reported_while_learning(report) == {"train:total_loss": 100, "validation:total_loss": 100}


def comments() -> bytes:
    """4,000 comments in the form of Kaggle's file: quoted, with HTML and line breaks.

    Their texts are abstracts whose longer words are spelt backwards: a model of the abstracts knows little of them.
    """
    contract = tomllib.loads((PROJECT / COMMENTS).read_text())["file"]
    columns = contract["header"].split(",")
    abstracts = gzip.decompress((PROJECT / ABSTRACTS).read_bytes()).decode().splitlines()
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(columns)
    for number, line in enumerate(abstracts[:4000]):
        abstract = re.sub(r"[a-z]{5,}", lambda word: word[0][::-1], json.loads(line)["abstract"])
        text = abstract.replace(". ", '.<br/><br/>"R&amp;D",\r\n')
        rows.writerow([text if column == "commentBody" else f"{number}, {column}" for column in columns])
    return written.getvalue().encode()


def test_comments_in_place_of_the_abstracts_wait_for_a_person(topics: User) -> None:
    """One line and a deployment choose the other data set; the release names it, and is held."""
    (data_folder(topics.clone) / "CommentsMarch2018.csv").write_bytes(comments())

    def edit(clone: Path) -> None:
        # So few comments leave enough for the gate only if it gets more than one of a hundred.
        change(clone / COMMENTS, r"(?m)^train_share = 0\.97$", "train_share = 0.8")

    report = held_with_another_data_set(topics, COMMENTS, edit, "The comments themselves", rows=4000)
    assert report["data"] == "New York Times comments, March 2018 (Kaggle: aashita/nyt-comments)"
