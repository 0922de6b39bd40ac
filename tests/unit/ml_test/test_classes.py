"""Answers that are the probabilities of many labels: 133 of them, with three test rows each."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ml_test.gate import report
from ml_test.gate.answers.classes import Classes
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.gains import Pair, gains
from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.class_log_loss import ClassLogLoss
from ml_test.gate.metrics.confidence_error import ConfidenceError
from ml_test.gate.metrics.macro_f1 import MacroF1
from ml_test.gate.metrics.top_5 import TopFive
from ml_test.gate.rules import Rules
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import RULES

LABELS = [f"breed {number:03d}" for number in range(133)]
TRUTH = [label for label in LABELS for _ in range(3)]
KIND = Classes()


def answers(share_right: float, *, seed: int, sure: float = 0.8) -> list[str]:
    """A model that finds the true label, or else another one, most probable; the rest is spread over all others."""
    generator = np.random.default_rng(seed)
    said = []
    for label in TRUTH:
        right = LABELS.index(label)
        chosen = right if generator.random() < share_right else (right + 1 + generator.integers(132)) % 133
        values = generator.dirichlet(np.ones(133)) * (1 - sure)
        values[chosen] += sure
        said.append(json.dumps(values.tolist()))
    return said


def rules(**floors: float) -> Rules:
    comparison = {"metric": "accuracy", "margin": 0.05, "shown": ["macro_f1", "top_5"]}
    kept = {name: table for name, table in RULES.document().items() if name not in ("slices", "ceilings")}
    return Rules.of(kept | {"answers": {"kind": "classes"}, "comparison": comparison, "floors": floors})


def evidence(challenger: list[str], champion: list[str] | None = None) -> Evidence:
    return Evidence(
        requests=[str(number) for number in range(len(TRUTH))],
        truth=TRUTH,
        answers=challenger,
        champion=champion,
        milliseconds=[5.0] * 50,
        champion_milliseconds=[5.0] * 50,
        labels=LABELS,
        baseline=KIND.baseline(TRUTH, LABELS),
        seed=1,
    )


def test_a_good_first_model_is_promoted_and_shown() -> None:
    """86 % of 399 rows right passes floors at 0.75, and the report lists mistakes instead of 17,822 cells."""
    given, asked = evidence(answers(0.86, seed=1)), rules(accuracy=0.75, macro_f1=0.70, top_5=0.75)
    decision = decide(given, asked)
    assert decision.verdict is Verdict.PROMOTE, [check.sentence for check in decision.checks if not check.passed]
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/breeds/1"
    about = {"workload": "breeds", "commit": "0123abc", "model_package_arn": package, "champion": None}
    document = report.document(decision, given, asked, about)
    page = report.html(document)
    assert "labels taken for another one" in page
    assert page.count("<td") < 5_000


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ([KIND.baseline(TRUTH, LABELS)] * len(TRUTH), "knows only how often each label comes"),
        ([json.dumps([1.0, *[0.0] * 132])] * len(TRUTH), "always answers the same label"),
        (answers(0.86, seed=1)[3:] + answers(0.86, seed=1)[:3], "has its labels in another order"),
        (["[]"] * len(TRUTH), "answers with nothing"),
        ([json.dumps([0.9] * 133)] * len(TRUTH), "answers with what adds up to 120"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_useless_model_is_rejected(model: list[str], why: str) -> None:
    """No useless model beats always answering one label."""
    decision = decide(evidence(model), rules(accuracy=0.05))
    assert decision.verdict is Verdict.REJECT, why


def test_an_equal_model_passes_and_a_worse_one_does_not() -> None:
    """Both are compared on the same rows."""
    champion = answers(0.86, seed=1)
    assert decide(evidence(champion, champion), rules(accuracy=0.75)).verdict is Verdict.PROMOTE
    worse = decide(evidence(answers(0.70, seed=2), champion), rules(accuracy=0.6))
    assert worse.verdict is Verdict.REJECT


def test_a_label_as_probable_as_the_true_one_counts_as_more_probable() -> None:
    """A model that finds all labels equally probable has no true label among its first five."""
    even = KIND.read([json.dumps([1 / 133] * 133)] * len(TRUTH), TRUTH, LABELS)
    assert (TopFive().value(even), even.ranks.min()) == (0.0, 133)


def test_the_true_label_may_be_the_fifth() -> None:
    """Four labels are more probable than the true one: it is among the first five. Its loss is that of its share."""
    values = [0.2, 0.21, 0.19, 0.22, 0.18, *[0.0] * 128]
    fifth = KIND.read([json.dumps(values)], ["breed 004"], LABELS)
    sixth = KIND.read([json.dumps(values)], ["breed 005"], LABELS)
    assert (TopFive().value(fifth), TopFive().value(sixth), Accuracy().value(fifth)) == (1.0, 0.0, 0.0)
    assert ClassLogLoss().value(fifth) == pytest.approx(-np.log(0.18))
    assert ClassLogLoss().value(sixth) == pytest.approx(24 * np.log(2))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "{}",
        "[1.0]",
        "[NaN]",
        json.dumps([-0.1, 1.1, *[0] * 131]),
        json.dumps([True, *[0] * 132]),
        "[" * 9000,
    ],
)
def test_what_is_no_list_of_probabilities_is_unusable(answer: str) -> None:
    """It counts as certain of a wrong label, in each metric."""
    found = KIND.read([answer], ["breed 132"], LABELS)
    assert found.unusable.all()
    assert [metric.value(found) for metric in (Accuracy(), TopFive(), MacroF1())] == [0, 0, 0]
    assert ClassLogLoss().value(found) == pytest.approx(24 * np.log(2))


def test_confidence_is_compared_with_what_came_true() -> None:
    """Sure to 80 %: right in about 80 % of the rows is a small error, right in half of them a large one."""
    good, bold = (
        ConfidenceError().figures(KIND.read(answers(share, seed=3), TRUTH, LABELS), seed=1)["confidence error"]
        for share in (0.8, 0.5)
    )
    assert good.value < 0.1
    assert bold.value > 0.25


def test_intervals_cover_the_truth_with_three_rows_a_label() -> None:
    """Nearly all intervals of accuracy and of macro-F1's gain hold the true figure, on 24 test sets."""
    hits = {"accuracy": 0, "gain": 0}
    for seed in range(24):
        model, other = (KIND.read(answers(0.8, seed=2 * seed + both), TRUTH, LABELS) for both in (0, 1))
        figure = Accuracy().estimate(model, seed=seed)
        hits["accuracy"] += figure.low <= 0.8 <= figure.high
        (gain,) = gains(Pair(champion=model, challenger=other), [MacroF1()], confidence=0.95, seed=seed)
        hits["gain"] += gain.low <= 0 <= gain.high
    assert min(hits.values()) >= 20, hits


def test_answers_within_the_tolerance_are_the_same() -> None:
    """Two hosts may round differently; without a tolerance, any difference counts."""
    one, other = json.dumps([0.5, 0.5]), json.dumps([0.5 + 1e-7, 0.5 - 1e-7])
    assert replace(KIND, tolerance=1e-6).alike_enough(one, other)
    assert not KIND.alike_enough(one, other)
    assert not KIND.alike_enough(one, "[1.0]")


def test_two_models_are_alike_if_they_answer_labels_equally_often() -> None:
    """A model that answers one label alone is not like one that answers all."""
    many, same = answers(0.8, seed=1), answers(0.8, seed=2)
    assert KIND.alike(many, same) > 0.01
    assert KIND.alike(many, [many[0]] * len(many)) < 0.001
