"""The decision table: challengers beside the champion that serves now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ml_test.gate.answer_tables import Costs
from ml_test.gate.answers.probability import Probability
from ml_test.gate.decision import Decision, decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.latency import p99
from ml_test.gate.rules import Comparison, Latency, Rules, SliceRule
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.conftest import RULES

if TYPE_CHECKING:
    from tests.unit.ml_test.conftest import TestRows

SCORED = Rules(
    comparison=Comparison(metric="auc", margin=0.01, shown=("log_loss",)),
    slices=SliceRule(metric="auc", margin=0.03, floor=0.65),
    answers=Probability(of="1", costs=Costs(false_alarm=1, missed=3)),
    floors={"auc": 0.7},
    ceilings={"calibration_error": 0.05},
    latency=Latency(p99_milliseconds=250, p99_ratio=2),
)


def decisive(decision: Decision) -> list[str]:
    return [check.name for check in decision.decisive]


def test_equal_challenger_is_promoted(rows: TestRows) -> None:
    """A challenger with the champion's own answers is promoted, and the reason says so in plain words."""
    decision = decide(rows.evidence(rows.with_mistakes(3), champion=rows.with_mistakes(3)), RULES)
    assert decision.verdict is Verdict.PROMOTE
    assert decision.reason.startswith("It is as good as the champion: accuracy 99.0 % against the champion's 99.0 %")


def test_much_worse_challenger_is_rejected(rows: TestRows) -> None:
    """The reason of the rejection is that the challenger is worse than the champion."""
    decision = decide(rows.evidence(rows.with_mistakes(30), champion=rows.truth), RULES)
    assert decision.verdict is Verdict.REJECT
    assert decision.reason.startswith("It is worse than the champion")


def test_too_little_evidence_is_held(rows: TestRows) -> None:
    """Ten rows answered differently, seven of them worse, prove nothing: a person is told what to look at."""
    wrong = {"unacc": "acc", "acc": "unacc", "good": "acc", "vgood": "acc"}
    places = list(range(0, 280, 28))
    challenger, champion = (
        [wrong[label] if place in missed else label for place, label in enumerate(rows.truth)]
        for missed in (places[:7], places[7:])
    )
    decision = decide(rows.evidence(challenger, champion=champion), replace(RULES, floors={"accuracy": 0.9}))
    assert decision.verdict is Verdict.HOLD
    assert "comparison" in decisive(decision)
    assert any("they answer 10 of 289 test rows differently" in entry for entry in decision.look_at)


def test_the_advice_of_a_held_floor_is_in_its_own_figures(rows: TestRows) -> None:
    """However many rows there are, the interval says why they do not settle it."""
    decision = decide(rows.evidence(rows.with_mistakes(5)), replace(RULES, floors={"accuracy": 0.97}))
    (check,) = [check for check in decision.checks if check.outcome is Verdict.HOLD]
    assert check.estimate.low < 0.97 < check.estimate.value
    assert check.look_at == (
        "The answers behind the accuracy: its interval, 96.0 % to 99.3 %, holds the floor, 97.0 %. "
        "More than 289 test rows would narrow it."
    )


def test_an_equal_model_that_is_held_is_not_said_to_differ(rows: TestRows) -> None:
    """By a margin that these rows cannot show, the same answers are held; the advice does not speak of other ones."""
    rules = replace(RULES, comparison=replace(RULES.comparison, margin=0.001))
    decision = decide(rows.evidence(rows.truth, champion=rows.truth), rules)
    assert decision.verdict is Verdict.HOLD
    assert decisive(decision) == ["comparison"]
    assert decision.look_at == ["Whether it is meant to be the same: both models answer all 289 test rows alike."]


def test_answers_that_are_not_numbers_are_rejected(rows: TestRows) -> None:
    """One NaN rejects a release, however good the other answers are."""
    decision = decide(rows.evidence(["NaN", *rows.truth[1:]], champion=rows.truth), RULES)
    assert decision.verdict is Verdict.REJECT
    assert decision.reason == (
        "The new model gave no usable answer to 1 of 289 test rows: to test row 1 "
        f"({rows.requests[0]}) it gave 'NaN', which is not a known label"
    )


def test_champion_that_fails_is_a_matter_for_a_person(rows: TestRows) -> None:
    """A challenger that beats an endpoint which answers errors is held."""
    broken = ["error 500: "] * 5 + rows.truth[5:]
    decision = decide(rows.evidence(rows.truth, champion=broken), RULES)
    assert decision.verdict is Verdict.HOLD
    assert decisive(decision) == ["champion"]


def test_worse_in_one_slice_only_is_stopped(rows: TestRows) -> None:
    """A challenger as good on the whole is rejected for its 8 mistakes where buying is vhigh."""
    buying = rows.evidence(rows.truth).slices["buying vhigh"]
    inside = [place for place, within in enumerate(buying) if within][:10]
    outside = [place for place, within in enumerate(buying) if not within][:60:6]
    wrong = {"unacc": "acc", "acc": "unacc", "good": "acc", "vgood": "acc"}
    mistaken = [
        [wrong[label] if place in places else label for place, label in enumerate(rows.truth)]
        for places in (inside, outside)
    ]
    rules = replace(RULES, floors={"accuracy": 0.9}, slices=replace(RULES.slices, floor=None))
    decision = decide(rows.evidence(mistaken[0], champion=mistaken[1]), rules)
    assert decision.gains[0].value == 0
    assert decision.verdict is Verdict.REJECT
    assert decisive(decision) == ["group by group"]
    assert "for buying vhigh it is worse than the champion" in decision.reason.lower()


@pytest.mark.parametrize(("milliseconds", "verdict"), [(59.0, Verdict.PROMOTE), (65.0, Verdict.REJECT)])
def test_better_but_slow_is_rejected(rows: TestRows, milliseconds: float, verdict: Verdict) -> None:
    """A better challenger is rejected that keeps the budget, but takes more than twice the champion's p99."""
    evidence = rows.evidence(rows.truth, milliseconds, champion=rows.with_mistakes(4), champion_milliseconds=30.0)
    decision = decide(evidence, RULES)
    assert decision.verdict is verdict
    assert decisive(decision)[0] == ("comparison" if verdict is Verdict.PROMOTE else "latency against the champion")


def test_few_stragglers_are_held(rows: TestRows) -> None:
    """Three slow requests of 289 put p99 over the budget, which may be chance: the release is held."""
    evidence = rows.evidence(rows.truth, champion=rows.truth)
    slow = replace(evidence, milliseconds=[700.0] * 3 + [3.0] * (len(rows.truth) - 3))
    assert decide(slow, RULES).verdict is Verdict.HOLD


def test_p99_interval_covers() -> None:
    """About 95 % of 400 intervals, each from 2,000 exponential times, hold the true p99."""
    generator, true = np.random.default_rng(1), -np.log(0.01)
    found = [p99(generator.exponential(size=2000).tolist()) for _ in range(400)]
    assert 0.92 <= np.mean([entry.low <= true <= entry.high for entry in found]) <= 0.99


def test_wear_widens_the_interval(rows: TestRows) -> None:
    """The tenth decision of a split needs 99.5 % confidence, and holds what passed as the first."""
    challenger, champion = rows.with_mistakes(4), rows.with_mistakes(2)
    fresh, worn = (
        decide(rows.evidence(challenger, champion=champion, earlier_decisions=count), RULES) for count in (0, 9)
    )
    assert (fresh.confidence, worn.confidence) == pytest.approx((0.95, 0.995))
    assert (fresh.verdict, worn.verdict) == (Verdict.PROMOTE, Verdict.HOLD)


def scored(*, noise: float = 0.3, shift: float = 0.0, rows: int = 3000, seed: int = 0) -> Evidence:
    """Probabilities of two models of one signal; the challenger has ``noise`` and a ``shift`` of its logits."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(rows) < 0.25).astype(int)
    signal = 1.2 * truth + generator.normal(size=rows)
    both = [signal + spread * generator.normal(size=rows) for spread in (0.3, noise)]
    variances = [1 + spread**2 for spread in (0.3, noise)]
    logits = [-1.0986 + 1.2 / v * (s - 0.6) for s, v in zip(both, variances, strict=True)]
    champion, challenger = (1 / (1 + np.exp(-(logit + move))) for logit, move in zip(logits, (0, shift), strict=True))
    return Evidence(
        requests=["row"] * rows,
        truth=[str(value) for value in truth],
        answers=[f"{value:.6f}" for value in challenger],
        milliseconds=[3.0] * rows,
        champion=[f"{value:.6f}" for value in champion],
        champion_milliseconds=[3.0] * rows,
        labels=["0", "1"],
        baseline="0.25",
        seed=1,
        slices={f"every third from {start}": np.arange(rows) % 3 == start for start in range(3)},
    )


def test_probabilities_are_judged() -> None:
    """An equal challenger passes, a noisy one does not, and the reason names AUC."""
    assert decide(scored(rows=6000), SCORED).verdict is Verdict.PROMOTE
    worse = decide(scored(noise=1.0), SCORED)
    assert worse.verdict is Verdict.REJECT
    assert worse.reason.startswith("It is worse than the champion: AUC 0.7")


def test_uncalibrated_probabilities_are_rejected() -> None:
    """Probabilities that are all too high are rejected by the calibration error, although AUC does not see it."""
    decision = decide(scored(noise=0.3, shift=0.8), SCORED)
    assert decision.verdict is Verdict.REJECT
    assert "calibration error" in decisive(decision)
    assert "comparison" not in decisive(decision)


@pytest.mark.parametrize("answer", ["nan", "inf", "1.5", "-0.1", "", "yes"])
def test_no_probability_is_the_worst_answer(answer: str) -> None:
    """An answer that is no probability counts as certain of the wrong label, and rejects the release."""
    evidence = scored(rows=600)
    evidence = replace(evidence, answers=[answer, *evidence.answers[1:]])
    read = SCORED.answers.read(evidence.answers, evidence.truth, evidence.labels)
    assert read.unusable[0]
    assert read.values[0] == 1 - read.truth[0]
    decision = decide(evidence, SCORED)
    assert decision.verdict is Verdict.REJECT
    assert decision.reason.startswith(
        "The new model gave no usable answer to 1 of 600 test rows: to test row 1 (row) it gave "
    )


def test_first_release_of_probabilities_needs_to_beat_the_base_rate() -> None:
    """A first model is promoted; one that always answers the base rate is not."""
    evidence = replace(scored(), champion=None, champion_milliseconds=())
    assert decide(evidence, SCORED).verdict is Verdict.PROMOTE
    constant = replace(evidence, answers=["0.25"] * len(evidence.truth))
    assert "beats the baseline" in decisive(decide(constant, SCORED))


def test_cost_optimal_threshold() -> None:
    """A missed positive that costs three times as much puts the threshold at 1/4."""
    assert Costs(false_alarm=1, missed=3).threshold == 0.25


def test_evidence_that_does_not_fit_is_refused(rows: TestRows) -> None:
    """Unequal lengths and unknown true labels are refused as faults of the caller or the data."""
    evidence = rows.evidence(rows.truth)
    with pytest.raises(ValueError, match="champion has 1 values for 289 test rows"):
        replace(evidence, champion=["acc"])
    with pytest.raises(ValueError, match="labels that the model does not know"):
        decide(replace(evidence, labels=["unacc", "acc", "good"]), RULES)
    with pytest.raises(ValueError, match=r"\[comparison\] asks for 'f2', which is no metric for these answers"):
        replace(RULES, comparison=Comparison(metric="f2", margin=0.1))


@pytest.mark.parametrize("rules", [RULES, SCORED], ids=["labels", "probability"])
def test_answers_that_need_a_truth_are_not_judged_without(rows: TestRows, rules: Rules) -> None:
    """The kind is named that asks for it."""
    evidence = replace(rows.evidence(rows.truth), truth=None)
    with pytest.raises(ValueError, match=f"no truth, and answers of the kind '{rules.answers.name}' cannot be judged"):
        decide(evidence, rules)
