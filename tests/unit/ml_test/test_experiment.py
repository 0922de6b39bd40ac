"""Two models beside each other on real traffic: what is said of them, and when nothing can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability, ProbabilityAnswers
from ml_test.gate.experiment import Traffic, compare
from ml_test.gate.gains import Gain, independent_gain
from ml_test.gate.independent import labels_alike, numbers_alike, share_difference
from ml_test.gate.metrics import METRICS
from ml_test.gate.rules import Comparison, Latency, Rules
from ml_test.gate.verdict import Check, Verdict

RULES = Rules(
    comparison=Comparison(metric="accuracy", margin=0.03),
    floors={},
    latency=Latency(p99_milliseconds=500, p99_ratio=2.0, slack_milliseconds=25),
)


def traffic(right: float, *, rows: int = 4000, errors: int = 0, p99: float = 10.0, judged: bool = True) -> Traffic:
    """Answers of which this share is right; every second truth is ``a``."""
    truths = ["a" if place % 2 else "b" for place in range(rows)]
    other = {"a": "b", "b": "a"}
    pairs = tuple((truth if place < right * rows else other[truth], truth) for place, truth in enumerate(truths))
    return Traffic(
        package="p",
        invocations=rows + errors,
        errors=errors,
        p99_milliseconds=p99,
        answers=tuple(answer for answer, _ in pairs),
        judged=pairs if judged else (),
    )


def read(truth: np.ndarray, scores: np.ndarray) -> ProbabilityAnswers:
    return Probability(of="1").read([repr(float(score)) for score in scores], [str(true) for true in truth])


def gain(metric: str, champion: ProbabilityAnswers, challenger: ProbabilityAnswers) -> Gain:
    found = independent_gain(next(each for each in METRICS if each.name == metric), champion, challenger)
    assert found is not None
    return found


def outcome(checks: list[Check], name: str) -> Verdict:
    return next(check.outcome for check in checks if check.name == name)


def test_newcombes_interval_is_the_published_one() -> None:
    """56 of 70 against 48 of 80 gives 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    value, low, high = share_difference((48, 80), (56, 70))
    assert (round(value, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)


@pytest.mark.parametrize("metric", ["accuracy", "auc", "log_loss"])
def test_intervals_hold_the_truth_as_often_as_they_say(metric: str) -> None:
    """For two models of the same quality, at least 90 of 100 intervals of 95 % hold 0."""
    generator = np.random.default_rng(11)

    def model() -> ProbabilityAnswers:
        truth = generator.integers(0, 2, 400)
        return read(truth, np.clip(0.3 + 0.4 * truth + generator.normal(0, 0.25, 400), 0.01, 0.99))

    inside = sum(found.low <= 0 <= found.high for found in (gain(metric, model(), model()) for _ in range(100)))
    assert inside >= 90


def test_a_better_model_has_a_gain_above_0_in_every_metric() -> None:
    """A better model's gain is above 0, also where less of the figure is better."""
    truth = np.arange(400) % 2
    wobble = 0.05 * np.sin(np.arange(400))
    good, bad = (np.where(truth == 1, high, 1 - high) + wobble for high in (0.9, 0.6))
    bad = np.where(np.arange(400) % 7 == 0, 1 - bad, bad)
    for metric in ("auc", "log_loss"):
        assert gain(metric, read(truth, bad), read(truth, good)).low > 0


def test_alike_or_not() -> None:
    """Two samples of one distribution are alike and two of different ones are not, for labels and for numbers."""
    generator = np.random.default_rng(3)
    labels = generator.choice(["a", "b", "c"], 2000, p=[0.7, 0.28, 0.02])
    others = generator.choice(["a", "b", "c"], 500, p=[0.5, 0.48, 0.02])
    assert labels_alike(labels[:1000], labels[1000:]) > 0.05
    assert labels_alike(labels, others) < 0.001
    assert labels_alike(["a"] * 50 + ["b"], ["a"] * 50) > 0.5
    assert labels_alike(["a"] * 5, ["a"] * 9) == 1.0
    scores = generator.uniform(0, 1, 2000)
    assert numbers_alike(scores[:1000], scores[1000:]) > 0.05
    assert numbers_alike(scores, scores * 0.8) < 0.001


def test_a_kind_compares_its_answers_by_what_they_are() -> None:
    """Labels that look like numbers are labels still, and probabilities are numbers."""
    kinds = Labels(), Probability(of="1")
    champion, challenger = ["0", "1"] * 200, ["0", "1", "1"] * 133
    assert kinds[0].alike(champion, challenger) == labels_alike(champion, challenger)
    assert kinds[1].alike(champion, challenger) == numbers_alike(
        *([*map(float, each)] for each in (champion, challenger))
    )
    assert kinds[1].alike(champion, ["error", *challenger]) == labels_alike(champion, ["error", *challenger])


def test_an_answer_that_is_no_probability_is_compared_as_the_worst_one() -> None:
    """Captured traffic may hold one; it is no reason to compare nothing."""
    rules = replace(RULES, comparison=Comparison(metric="auc", margin=0.01), answers=Probability(of="1"))
    truth = [str(place % 2) for place in range(1000)]
    good = tuple(("0.9" if true == "1" else "0.2", true) for true in truth)
    models = [replace(traffic(1.0, rows=1000), judged=judged) for judged in (good, (("error", "1"), *good[1:]))]
    assert outcome(compare(models[0], models[1], rules, minimum=500), "truth") is not Verdict.REJECT


def test_as_good_as_the_champion_may_take_over() -> None:
    """A challenger that is as good, and proven so, is promoted."""
    checks = compare(traffic(0.95), traffic(0.96), RULES, minimum=500)
    assert Verdict.of(checks) is Verdict.PROMOTE


def test_worse_beyond_chance_stays_out() -> None:
    """A challenger that is proven worse is rejected by the truth."""
    checks = compare(traffic(0.95), traffic(0.85), RULES, minimum=500)
    assert Verdict.of(checks) is outcome(checks, "truth") is Verdict.REJECT


def test_too_few_to_tell_goes_on() -> None:
    """An experiment that proves nothing yet goes on, and says how many requests it has."""
    checks = compare(traffic(0.95, rows=600), traffic(0.94, rows=600), RULES, minimum=500)
    assert Verdict.of(checks) is outcome(checks, "truth") is Verdict.HOLD
    assert "1200 requests whose truth is known" in next(check.plain for check in checks if check.name == "truth")


def test_without_truths_nobody_is_better() -> None:
    """Without truths the verdict is HOLD, however alike the answers are."""
    checks = compare(traffic(0.95, judged=False), traffic(0.95, judged=False), RULES, minimum=500)
    assert Verdict.of(checks) is outcome(checks, "truth") is Verdict.HOLD


def test_before_the_minimum_there_is_no_verdict() -> None:
    """One request below the minimum holds the verdict, and the sentence has both counts."""
    (check,) = compare(traffic(0.95), traffic(1.0, rows=499), RULES, minimum=500)
    assert check.outcome is Verdict.HOLD
    assert "4000 captured requests of the champion and 499 of the challenger, and 500 of each" in check.plain


def test_a_challenger_that_fails_more_often_stays_out() -> None:
    """2 % of 5XX reject a challenger whose answers are as good."""
    checks = compare(traffic(0.95), traffic(0.95, errors=80), RULES, minimum=500)
    assert Verdict.of(checks) is outcome(checks, "errors") is Verdict.REJECT


def test_a_slow_challenger_is_held() -> None:
    """Twice the champion's p99 and 25 ms more hold the challenger, and do not reject it."""
    checks = compare(traffic(0.95, p99=50), traffic(0.95, p99=101), RULES, minimum=500)
    assert Verdict.of(checks) is outcome(checks, "latency") is Verdict.HOLD
    fast = compare(traffic(0.95, p99=3), traffic(0.95, p99=25), RULES, minimum=500)
    assert outcome(fast, "latency") is Verdict.PROMOTE


def test_a_metric_without_an_interval_is_left_to_a_person() -> None:
    """A comparison by macro-F1 is held."""
    rules = replace(RULES, comparison=Comparison(metric="macro_f1", margin=0.03))
    checks = compare(traffic(0.95), traffic(0.95), rules, minimum=500)
    assert outcome(checks, "truth") is Verdict.HOLD


def test_probabilities_are_compared_by_the_gates_metric() -> None:
    """The truth of a probability is the label that it is the probability of, and AUC decides."""
    rules = replace(RULES, comparison=Comparison(metric="auc", margin=0.01), answers=Probability(of="1"))
    generator = np.random.default_rng(5)

    def model(noise: float) -> Traffic:
        truth = generator.integers(0, 2, 3000)
        scores = np.clip(0.3 + 0.4 * truth + generator.normal(0, noise, 3000), 0, 1)
        pairs = tuple((f"{score:.4f}", str(true)) for score, true in zip(scores, truth, strict=True))
        return replace(traffic(1.0, rows=3000), answers=tuple(answer for answer, _ in pairs), judged=pairs)

    assert outcome(compare(model(0.3), model(0.25), rules, minimum=500), "truth") is Verdict.PROMOTE
    assert outcome(compare(model(0.25), model(0.4), rules, minimum=500), "truth") is Verdict.REJECT
