"""Which first releases the gate lets pass: answers to the real test rows, against the rules as shipped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ml_test.gate.decision import decide
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import RULES

if TYPE_CHECKING:
    from tests.unit.ml_test.conftest import TestRows


def failed(rows: TestRows, answers: list[str]) -> dict[str, str]:
    """The failed checks' sentences by name."""
    decision = decide(rows.evidence(answers), RULES)
    assert (decision.verdict is not Verdict.PROMOTE) == any(not check.passed for check in decision.checks)
    return {check.name: check.sentence for check in decision.checks if not check.passed}


def test_floors_are_as_promised() -> None:
    """The shipped rules ask for accuracy 0.95 and macro-F1 0.85, for the lower bounds."""
    assert (RULES.floors["accuracy"], RULES.floors["macro_f1"]) == (0.95, 0.85)


def test_right_answers_are_promoted(rows: TestRows) -> None:
    """A perfect model passes, and so does one with three mistakes, which the details name."""
    assert failed(rows, rows.truth) == {}
    decision = decide(rows.evidence(rows.with_mistakes(3)), RULES)
    assert decision.verdict is Verdict.PROMOTE
    assert "accuracy 0.9896 (95 % interval 0.9699 to 0.9965, 289 rows)" in decision.details


def test_luck_does_not_pass(rows: TestRows) -> None:
    """Accuracy 0.9689 is above the floor of 0.95 and its lower bound is not, so a person decides."""
    sentence = failed(rows, rows.with_mistakes(9))["accuracy"]
    assert "accuracy 0.9689" in sentence
    assert "the lower bound is below the floor 0.9500" in sentence
    decision = decide(rows.evidence(rows.with_mistakes(9)), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.look_at
    assert decision.reason == ("Its accuracy is 96.9 %, but 289 test rows are too few to be sure of at least 95.0 %")


def test_constant_majority_is_rejected(rows: TestRows) -> None:
    """A model that always answers the commonest class fails accuracy, macro-F1, recalls, groups and baseline."""
    found = failed(rows, ["unacc"] * len(rows.truth))
    assert {
        "accuracy",
        "macro-F1",
        "recall of acc",
        "recall of good",
        "recall of vgood",
        "beats the baseline",
        "groups",
    } == set(found)


@pytest.mark.parametrize("label", ["acc", "good", "vgood"])
def test_any_constant_is_rejected(rows: TestRows, label: str) -> None:
    """A model that always gives the same answer is rejected, whichever it is."""
    assert "beats the baseline" in failed(rows, [label] * len(rows.truth))


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_labels_are_rejected(rows: TestRows, seed: int) -> None:
    """A model that knows the labels' frequencies and no more is rejected."""
    assert {"accuracy", "macro-F1", "beats the baseline"} <= set(failed(rows, rows.shuffled(seed)))


def test_mismatched_label_order_is_rejected(rows: TestRows) -> None:
    """A model whose last container has the labels in another order than the first is rejected."""
    for order in (sorted(rows.labels), rows.labels[::-1], ["unacc", "acc", "vgood", "good"]):
        renamed = dict(zip(rows.labels, order, strict=True))
        found = failed(rows, [renamed[label] for label in rows.truth])
        assert "macro-F1" in found, order


def test_answers_that_are_no_labels_are_rejected(rows: TestRows) -> None:
    """An endpoint that answers indices instead of labels, or errors, has no row right."""
    for answer in ("0.0", "error 400: Unseen label: low"):
        assert {"accuracy", "answers"} <= set(failed(rows, [answer] * len(rows.truth)))


def test_class_that_is_given_up_is_rejected(rows: TestRows) -> None:
    """A model that never answers the rarest class is rejected for 9 of 289 rows, where accuracy would only hold it."""
    decision = decide(rows.evidence(["acc" if label == "good" else label for label in rows.truth]), RULES)
    outcomes = {check.name: check.outcome for check in decision.checks if not check.passed}
    assert outcomes == {
        "accuracy": Verdict.HOLD,
        "macro-F1": Verdict.REJECT,
        "recall of good": Verdict.REJECT,
    }


def test_slow_endpoint_is_rejected(rows: TestRows) -> None:
    """Right answers that come too late are rejected, and the sentence names p99 and budget."""
    decision = decide(rows.evidence(rows.truth, milliseconds=600.0), RULES)
    assert (
        decision.reason == "It is too slow: 99 of 100 requests took up to 600 ms, and 500 ms are allowed (the budget)"
    )
    assert decision.verdict is Verdict.REJECT


def test_class_without_test_rows_cannot_be_judged(rows: TestRows) -> None:
    """A class without test rows holds the release: what was never asked is not approved."""
    evidence = rows.evidence(rows.truth)
    decision = decide(replace(evidence, labels=[*rows.labels, "superb"]), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.reason == "No test row has the label superb, so the model cannot be judged by its floors"


def test_no_test_rows_is_an_error(rows: TestRows) -> None:
    """An empty test set is refused instead of judged."""
    with pytest.raises(ValueError, match="there are no test rows"):
        decide(replace(rows.evidence(rows.truth), requests=[], truth=[], answers=[], milliseconds=[], slices={}), RULES)
