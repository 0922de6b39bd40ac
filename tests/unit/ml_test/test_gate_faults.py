"""The faults that are the gate's business, for both kinds of answers, by the rules as shipped: verdict and reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.rules import Rules
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import RULES, TestRows

SCORED_RULES = Rules.read(Path(__file__).parents[3] / "ml_test" / "credit_default" / "gate.toml")
MARGIN = SCORED_RULES.comparison.margin
ROWS = 4470
WRONG = {"unacc": "acc", "acc": "unacc", "good": "acc", "vgood": "acc"}

Fault = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def labelled(rows: TestRows) -> Evidence:
    """A champion and a challenger with two mistakes each, one of them the same."""
    return rows.evidence(mistaken(rows.truth, [0, 24]), champion=mistaken(rows.truth, [24, 48]))


@pytest.fixture(scope="module")
def scored() -> Evidence:
    """Two calibrated models of one signal, AUC 0.79 each, a champion with a little more noise."""
    generator = np.random.default_rng(11)
    chance = generator.beta(0.55, 1.95, ROWS)
    truth = generator.random(ROWS) < chance
    noisy = np.clip(chance + generator.normal(scale=0.01, size=ROWS), 0.001, 0.999)
    return Evidence(
        requests=[f"row {place}" for place in range(ROWS)],
        truth=[str(int(value)) for value in truth],
        answers=texts(chance),
        champion=texts(noisy),
        milliseconds=[3.0] * 500,
        champion_milliseconds=[3.0] * 500,
        labels=["0", "1"],
        baseline="0.22",
        seed=1,
        slices={f"tenth {part}": np.arange(ROWS) % 10 == part for part in range(10)},
    )


def mistaken(truth: list[str], places: list[int]) -> list[str]:
    return [WRONG[label] if place in places else label for place, label in enumerate(truth)]


def texts(scores: np.ndarray) -> list[str]:
    return [f"{score:.6f}" for score in scores]


def scores_of(evidence: Evidence) -> np.ndarray:
    return np.array([float(answer) for answer in evidence.answers])


def noisier(evidence: Evidence, scale: float) -> Evidence:
    """The same, with so much noise on the challenger's log odds."""
    scores = scores_of(evidence).clip(1e-6, 1 - 1e-6)
    odds = np.log(scores / (1 - scores)) + np.random.default_rng(3).normal(scale=scale, size=len(scores))
    return replace(evidence, answers=texts(1 / (1 + np.exp(-odds))))


def in_one_group(evidence: Evidence) -> Evidence:
    """The answers of one group are dealt out anew among its rows."""
    inside = evidence.slices["tenth 3"]
    scores = scores_of(evidence)
    scores[inside] = np.random.default_rng(2).permutation(scores[inside])
    return replace(evidence, answers=texts(scores))


def buying_vhigh(evidence: Evidence) -> Evidence:
    """Ten mistakes in one group, ten of the champion's outside of it: as good on the whole."""
    inside, outside = (np.flatnonzero(evidence.slices["buying vhigh"] == where).tolist() for where in (True, False))
    truth = list(evidence.truth)
    return replace(evidence, answers=mistaken(truth, inside[:10]), champion=mistaken(truth, outside[:60:6]))


@pytest.mark.parametrize("kind", ["labelled", "scored"])
def test_a_good_challenger_is_promoted(kind: str, request: pytest.FixtureRequest) -> None:
    """The same evidence passes without a fault."""
    decision = decide(request.getfixturevalue(kind), RULES if kind == "labelled" else SCORED_RULES)
    assert decision.verdict is Verdict.PROMOTE, decision.reason
    assert decision.decisive[0].name == "comparison"


@pytest.mark.parametrize(
    ("fault", "verdict", "check"),
    [
        pytest.param(lambda e: replace(e, answers=["unacc"] * 289), "REJECT", "comparison", id="constant model"),
        pytest.param(
            lambda e: replace(e, answers=np.random.default_rng(0).permutation(e.truth).tolist()),
            *("REJECT", "comparison"),
            id="shuffled labels",
        ),
        pytest.param(
            lambda e: replace(e, answers=mistaken(e.truth, [24, 48, *range(1, 8)])),
            *("REJECT", "comparison"),
            id="worse by the margin",
        ),
        pytest.param(buying_vhigh, "REJECT", "group by group", id="worse in one group only"),
        pytest.param(
            lambda e: replace(e, answers=e.truth, milliseconds=[40.0] * 289),
            *("REJECT", "latency against the champion"),
            id="better but slow",
        ),
        pytest.param(lambda e: replace(e, answers=["nan", *e.truth[1:]]), "REJECT", "answers", id="not a number"),
        pytest.param(lambda e: replace(e, answers=["", *e.truth[1:]]), "REJECT", "answers", id="empty answer"),
        pytest.param(
            lambda e: replace(e, answers=["error 500: dead", *e.truth[1:]]), "REJECT", "answers", id="container's error"
        ),
        pytest.param(
            lambda e: replace(e, champion=None, champion_milliseconds=(), champion_missing="it is Failed"),
            *("HOLD", "champion"),
            id="champion gone",
        ),
        pytest.param(
            lambda e: replace(e, champion=["error 500: dead"] * 289), "HOLD", "champion", id="champion answers errors"
        ),
    ],
)
def test_faults_of_a_model_that_answers_labels(labelled: Evidence, fault: Fault, verdict: str, check: str) -> None:
    """Each fault gets its verdict, by the check that is meant for it."""
    decision = decide(fault(labelled), RULES)
    assert decision.verdict == verdict, decision.reason
    assert check in [entry.name for entry in decision.decisive]


@pytest.mark.parametrize(
    ("fault", "verdict", "check"),
    [
        pytest.param(lambda e: replace(e, answers=["0.22"] * ROWS), "REJECT", "comparison", id="constant model"),
        pytest.param(
            lambda e: replace(e, answers=texts(np.random.default_rng(0).permutation(scores_of(e)))),
            *("REJECT", "comparison"),
            id="shuffled labels",
        ),
        pytest.param(lambda e: noisier(e, 0.5), "REJECT", "comparison", id="worse by the margin"),
        pytest.param(in_one_group, "REJECT", "group by group", id="worse in one group only"),
        pytest.param(
            lambda e: replace(e, milliseconds=[40.0] * 500),
            *("REJECT", "latency against the champion"),
            id="better but slow",
        ),
        pytest.param(
            lambda e: replace(e, milliseconds=[3.0] * 485 + [900.0] * 15),
            "REJECT",
            "latency",
            id="often over the budget",
        ),
        pytest.param(lambda e: replace(e, answers=["nan", *e.answers[1:]]), "REJECT", "answers", id="not a number"),
        pytest.param(lambda e: replace(e, answers=["1", "2", *e.answers[2:]]), "REJECT", "answers", id="not in [0, 1]"),
        pytest.param(
            lambda e: replace(e, answers=texts(scores_of(e) ** 2)), "REJECT", "calibration error", id="uncalibrated"
        ),
        pytest.param(
            lambda e: replace(e, champion=None, champion_milliseconds=(), champion_missing="it is Failed"),
            *("HOLD", "champion"),
            id="champion gone",
        ),
    ],
)
def test_faults_of_a_model_that_answers_probabilities(scored: Evidence, fault: Fault, verdict: str, check: str) -> None:
    """Each fault gets its verdict, by the check that is meant for it."""
    decision = decide(fault(scored), SCORED_RULES)
    assert decision.verdict == verdict, decision.reason
    assert check in [entry.name for entry in decision.decisive]


def test_the_margin_is_met_by_what_is_called_worse_by_it(scored: Evidence) -> None:
    """The noisier challenger's loss is the margin, give or take a half of it."""
    gain = decide(noisier(scored, 0.5), SCORED_RULES).gains[0]
    assert -1.5 * MARGIN < gain.value < -0.5 * MARGIN
