"""The rules of dog_breeds on its own test rows: what a good model passes, and what stops each bad one."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from bench.gate_rates import TestSet as Rows
from bench.gate_rates import classes
from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.table import split_rows
from ml_test.gate.decision import decide
from ml_test.gate.verdict import Verdict
from tests.clouds import PROJECT

FOLDER = PROJECT / "ml_init" / "dog_breeds"
DATASET = Dataset.read(FOLDER / "dataset.toml")
ROWS = Rows.of("dog_breeds")


@pytest.fixture(scope="module")
def champion() -> list[str]:
    """As good as the shipped training, by simulation."""
    return classes(ROWS, 0.0, np.random.default_rng(3))[0]


def verdict(answers: list[str], champion: list[str]) -> Verdict:
    return decide(ROWS.evidence(champion, answers, np.random.default_rng(1)), ROWS.rules).verdict


def test_every_character_is_learned_validated_and_tested() -> None:
    """Each character has twenty pictures: three are tested, three validated and fourteen learned."""
    parts = split_rows(check_file(FOLDER / "omniglot.zip", DATASET).rows, DATASET)
    for name, count in (("test", 3), ("validation", 3), ("train", 14)):
        assert Counter(Counter(row[1] for row in parts[name]).values()) == {count: 133}


def test_the_data_say_that_they_are_a_stand_in() -> None:
    """No name and no label pretends that there is a dog in the data."""
    assert "stand-in" in DATASET.name
    assert not [label for label in DATASET.labels if "dog" in label.lower()]
    assert "There is no dog in it." in (FOLDER / "ATTRIBUTION.md").read_text()


def test_the_smoke_requests_are_pictures() -> None:
    """Each keeps the data contract."""
    assert [DATASET.features[0].fault(request) for request in ROWS.rules.smoke.requests] == [None] * 3


def test_a_model_as_good_as_the_champion_is_promoted(champion: list[str]) -> None:
    """Equal answers pass all floors, ceilings and groups."""
    assert verdict(champion, champion) is Verdict.PROMOTE


@pytest.mark.parametrize("model", ["constant", "shares", "shuffled", "mismatched labels", "one alphabet", "bold"])
def test_bad_models_are_stopped(champion: list[str], model: str) -> None:
    """None is promoted: constant, shares alone, answers or labels in another order, an alphabet less, too sure."""
    assert verdict(BAD[model](champion), champion) is not Verdict.PROMOTE


@pytest.mark.parametrize("model", ["constant", "shares", "shuffled", "mismatched labels"])
def test_useless_models_are_rejected(champion: list[str], model: str) -> None:
    """No person is asked about a model that knows nothing."""
    assert verdict(BAD[model](champion), champion) is Verdict.REJECT


def _constant(answers: list[str]) -> list[str]:
    return [answers[0]] * len(answers)


def _shares(answers: list[str]) -> list[str]:
    return [json.dumps([1 / len(ROWS.labels)] * len(ROWS.labels))] * len(answers)


def _shuffled(answers: list[str]) -> list[str]:
    return [answers[place] for place in np.random.default_rng(1).permutation(len(answers))]


def _mismatched(answers: list[str]) -> list[str]:
    """The order of the labels in training is another one than that of the contract."""
    order = np.random.default_rng(2).permutation(len(ROWS.labels))
    return [json.dumps([found[place] for place in order]) for found in map(json.loads, answers)]


def _without_latin(answers: list[str]) -> list[str]:
    """Latin characters are answered as the next one: a group of 69 rows is lost."""
    return [
        json.dumps(found[-1:] + found[:-1] if truth.startswith("Latin/") else found)
        for found, truth in zip(map(json.loads, answers), ROWS.truth, strict=True)
    ]


def _bold(answers: list[str]) -> list[str]:
    """Sure of every answer, and wrong in a tenth more of the rows."""
    generator = np.random.default_rng(4)
    found = []
    for answer in answers:
        values = json.loads(answer)
        place = values.index(max(values)) if generator.random() > 0.1 else int(generator.integers(len(values)))
        found.append(json.dumps([float(number == place) for number in range(len(values))]))
    return found


BAD = {
    "constant": _constant,
    "shares": _shares,
    "shuffled": _shuffled,
    "mismatched labels": _mismatched,
    "one alphabet": _without_latin,
    "bold": _bold,
}
