"""Rows that a model has learned judge nobody: what is left out, what is said of it, and when a person decides."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from handover.data import TRAIN, VALIDATION
from ml_init.row_identity import SEPARATOR
from ml_test.gate import report
from ml_test.gate.decision import decide
from ml_test.gate.learning import Learned, Learning
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import RULES

if TYPE_CHECKING:
    from ml_test.gate.decision import Decision
    from ml_test.gate.evidence import Evidence
    from tests.unit.ml_test.conftest import TestRows

ORIGIN = {
    "workload": "car_evaluation",
    "commit": "0123abc",
    "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/2",
    "champion": {
        "endpoint": "prod",
        "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/1",
    },
}


def known(rows: TestRows, *, also: list[str] | None = None) -> Learned:
    """A model that learned the rows that are for it, and some others."""
    return Learned(rows=rows.to_learn | frozenset(also or ()), foreign=len(also or ()))


def learning(rows: TestRows, **changes: Any) -> Learning:
    honest = {"challenger": known(rows), "champion": known(rows), "champion_judged": frozenset(rows.identities)}
    return Learning(**honest | changes)


def evidence(rows: TestRows, about: Learning, answers: list[str], champion: list[str] | None = None) -> Evidence:
    return replace(rows.evidence(answers, champion=champion), rows=rows.identities, learning=about)


def outcomes(decision: Decision) -> dict[str, Verdict]:
    return {check.name: check.outcome for check in decision.checks}


def written(decision: Decision, found: Evidence) -> tuple[dict[str, Any], str]:
    """The report as JSON values, and its page."""
    document = report.document(decision, found, RULES, ORIGIN)
    return document, report.html(document)


def test_an_ordinary_release_leaves_nothing_out(rows: TestRows) -> None:
    """Where both models learned what is for them, all test rows are compared, and nothing more is said."""
    found = evidence(rows, learning(rows), rows.with_mistakes(3), champion=rows.with_mistakes(3))
    decision = decide(found, RULES)
    assert decision.verdict is Verdict.PROMOTE, decision.reason
    assert (decision.left_out, decision.gains[0].rows) == ("", 289)
    said = {check.name: check.plain for check in decision.checks}
    assert said["learned rows"] == "the new model learned from 1,439 rows, and no test row is among them"
    assert said["comparable rows"] == "all 289 test rows are new to both models"
    assert said["champion's test rows"] == "all 289 rows that the champion was judged by are among the test rows"


def test_rows_that_the_champion_learned_are_not_compared(rows: TestRows) -> None:
    """The champion knows 31 test rows by heart; on the others the two are equal, so the new model is promoted."""
    theirs = rows.identities[:31]
    wrong = ["acc" if label == "unacc" else "unacc" for label in rows.truth[:31]]
    answers = [*wrong[:12], *rows.truth[12:]]
    about = learning(rows, champion=known(rows, also=theirs))
    rules = replace(RULES, floors={"accuracy": 0.9}, slices=None)
    honest = decide(evidence(rows, about, answers, champion=rows.truth), rules)
    assert decide(evidence(rows, learning(rows), answers, champion=rows.truth), rules).verdict is Verdict.REJECT
    assert honest.verdict is Verdict.PROMOTE, honest.reason
    assert honest.gains[0].rows == 289 - 31
    assert honest.reason.endswith("; 31 of 289 test rows are left out: 31 the champion had learned")


def test_groups_are_compared_without_the_rows_that_the_champion_learned(rows: TestRows) -> None:
    """Each group's own figure is that of all its rows; the difference to the champion is that of the new ones."""
    theirs = frozenset(rows.identities[:100])
    found = evidence(rows, learning(rows, champion=known(rows, also=list(theirs))), rows.truth, champion=rows.truth)
    decision = decide(found, RULES)
    new = np.array([identity not in theirs for identity in rows.identities])
    for entry in decision.slices.judged:
        mask = found.slices[entry.name]
        assert entry.own.rows == int(mask.sum())
        assert (entry.gain.rows if entry.gain else 0) in {int((mask & new).sum()), 0}
    assert any(entry.gain is None for entry in decision.slices.judged) == any(
        int((found.slices[entry.name] & new).sum()) < 20 for entry in decision.slices.judged
    )
    _, page = written(decision, found)
    assert "31 of 289" not in page
    assert "100 of 289 test rows are left out: 100 the champion had learned." in page


@pytest.mark.parametrize("count", [145, 289])
def test_too_few_comparable_rows_are_held(rows: TestRows, count: int) -> None:
    """Less than half of the test rows, or none, are new to both models: a person decides, and nothing crashes."""
    about = learning(rows, champion=known(rows, also=rows.identities[:count]))
    found = evidence(rows, about, rows.truth, champion=rows.truth)
    decision = decide(found, RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.decisive[0].name == "comparable rows"
    assert f"{count} of 289 test rows are left out: {count} the champion had learned" in decision.reason
    document, page = written(decision, found)
    assert document["learning"]["comparable"] == 289 - count
    assert bool(document["gains"]) == (count < 289)
    assert "a person decides" in page.lower()


def test_rows_without_a_label_are_not_compared(rows: TestRows) -> None:
    """If the new rows lack a label, there is nothing to compare by: it is held with the label's name."""
    theirs = [identity for identity, label in zip(rows.identities, rows.truth, strict=True) if label == "good"]
    found = evidence(rows, learning(rows, champion=known(rows, also=theirs)), rows.truth, champion=rows.truth)
    decision = decide(found, RULES)
    assert outcomes(decision)["comparable rows"] is Verdict.HOLD
    assert "the others do not allow a comparison: no test row has the label good" in decision.reason


def test_a_champion_whose_rows_nobody_knows_is_held_and_not_compared(rows: TestRows) -> None:
    """It may have learned the test rows: whatever it answers, it rejects nobody."""
    about = learning(rows, champion=Learned(rows=None, unknown="its report is older"), champion_judged=None)
    found = evidence(rows, about, rows.with_mistakes(8), champion=rows.truth)
    decision = decide(found, replace(RULES, floors={"accuracy": 0.9}))
    assert decision.verdict is Verdict.HOLD
    assert decision.reason == (
        "It is not known what the champion learned from: its report is older. "
        "It may have learned the test rows, so the two are not compared"
    )
    assert not {"comparison", "group by group"} & outcomes(decision).keys()
    written(decision, found)


def test_a_perfect_model_that_learned_test_rows_is_held(rows: TestRows) -> None:
    """A perfect score on rows that were learned is no score: these rows are left out, and a person hears of them."""
    mine = rows.identities[:60]
    found = evidence(
        rows, learning(rows, challenger=known(rows, also=mine)), rows.truth, champion=rows.with_mistakes(2)
    )
    decision = decide(found, RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.decisive[0].plain == "the new model has learned 60 of the 289 test rows"
    assert decision.reason.endswith("60 of 289 test rows are left out: 60 the new model had learned")
    assert len(decision.pair.challenger) == decision.gains[0].rows == 229


def test_a_model_that_learned_all_test_rows_has_no_figures(rows: TestRows) -> None:
    """Nothing is left to judge it by, so that a person decides; the report can be written."""
    about = learning(rows, challenger=known(rows, also=rows.identities))
    found = evidence(rows, about, rows.truth, champion=rows.truth)
    decision = decide(found, RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.gains == ()
    assert "has learned 289 of the 289 test rows" in decision.reason
    written(decision, found)


def test_a_model_that_learned_rows_of_nowhere_is_held(rows: TestRows) -> None:
    """A test row with its last digit changed is no row of the data: whoever learned it is asked why."""
    about = learning(rows, challenger=known(rows, also=["0" * 16]), champion=None)
    decision = decide(evidence(rows, about, rows.truth), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.reason == "The new model has learned 1 rows that are no training or validation rows of its data"


def test_a_model_of_which_nobody_knows_what_it_learned_is_held(rows: TestRows) -> None:
    """However good its answers are, and a bad one is still rejected."""
    about = learning(rows, challenger=Learned(rows=None, unknown="the package has no model"))
    good = decide(evidence(rows, about, rows.truth, champion=rows.with_mistakes(2)), RULES)
    assert good.verdict is Verdict.HOLD
    assert good.reason.startswith("It is not known what the new model learned from: the package has no model")
    bad = decide(evidence(rows, about, rows.with_mistakes(60), champion=rows.truth), RULES)
    assert bad.verdict is Verdict.REJECT


def test_a_champion_of_another_split_is_held(rows: TestRows) -> None:
    """A champion that was trained under a salt has learned most of today's test rows."""
    salted = hashlib.sha256(b"an earlier file").hexdigest()

    def place(request: str) -> float:
        text = SEPARATOR.join([salted, *request.split(",")])
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32

    theirs = [i for i, request in zip(rows.identities, rows.requests, strict=True) if place(request) < 0.85]
    assert len(theirs) > 0.75 * len(rows.identities)
    about = learning(rows, champion=known(rows, also=theirs))
    decision = decide(evidence(rows, about, rows.with_mistakes(6), champion=rows.truth), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.reason.startswith(f"Only {289 - len(theirs)} test rows are new to both models")


@pytest.mark.parametrize(("gone", "verdict"), [(15, Verdict.PROMOTE), (16, Verdict.HOLD)])
def test_rows_that_vanished_are_counted_and_held_above_five_percent(
    rows: TestRows, gone: int, verdict: Verdict
) -> None:
    """15 of 304 rows that the champion was judged by may be gone; of 16 of 305 a person looks which they were."""
    before = frozenset([*rows.identities, *(f"{number:016x}" for number in range(gone))])
    about = learning(rows, champion_judged=before)
    decision = decide(evidence(rows, about, rows.truth, champion=rows.truth), RULES)
    assert decision.verdict is verdict
    said = next(check.plain for check in decision.checks if check.name == "champion's test rows")
    assert said.startswith(f"{gone} of the {289 + gone} rows that the champion was judged by are no longer among")
    looser = replace(RULES, comparison=replace(RULES.comparison, gone_share_allowed=0.1))
    assert decide(evidence(rows, about, rows.truth, champion=rows.truth), looser).verdict is Verdict.PROMOTE


def test_a_champion_whose_test_rows_nobody_knows_is_held(rows: TestRows) -> None:
    """What was dropped since then cannot be counted; the comparison itself is made."""
    about = learning(rows, champion_judged=None)
    decision = decide(evidence(rows, about, rows.truth, champion=rows.truth), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decision.reason.startswith("It is not known which rows the champion was judged by")
    assert decision.gains[0].rows == 289


def test_a_first_release_is_judged_without_the_rows_that_it_learned(rows: TestRows) -> None:
    """There is no champion to compare with, and no check of comparable rows."""
    about = Learning(challenger=known(rows))
    decision = decide(evidence(rows, about, rows.truth), RULES)
    assert decision.verdict is Verdict.PROMOTE
    assert not {"comparable rows", "champion's test rows"} & outcomes(decision).keys()


def test_the_splits_that_a_model_learns_are_training_and_validation(rows: TestRows) -> None:
    """Early stopping and tuning see the validation rows, so these count as learned."""
    assert set(rows.training) == {TRAIN, VALIDATION}
    assert len(rows.to_learn) == sum(map(len, rows.training.values())) == 1439
