"""Certainty has width: no interval is a point, however perfect a model is, and all get narrower with more rows."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

from ml_test.gate.answer_tables import Costs
from ml_test.gate.answers.classes import ClassAnswers, Classes
from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability, ProbabilityAnswers, saved
from ml_test.gate.answers.topics import Reader, TopicAnswers
from ml_test.gate.corpus import Corpus
from ml_test.gate.decision import decide
from ml_test.gate.delong import auc_estimate, newcombe
from ml_test.gate.evidence import Evidence
from ml_test.gate.gains import Pair, closed_gain, gains, independent_gain
from ml_test.gate.independent import welch
from ml_test.gate.intervals import share
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.auc import Auc
from ml_test.gate.metrics.calibration_error import CalibrationError
from ml_test.gate.metrics.log_loss import LogLoss
from ml_test.gate.metrics.macro_f1 import MacroF1
from ml_test.gate.metrics.metric import ClosedForm, Compared
from ml_test.gate.verdict import Verdict
from tests.unit.ml_test.test_gate_faults import SCORED_RULES

#: What a model answers to a row whose truth is 0, and to one whose truth is 1.
MODELS = {
    "perfect": ("0", "1"),
    "nearly certain": ("0.02", "0.95"),
    "all wrong": ("1", "0"),
    "constant": ("0.3", "0.3"),
    "constant, certain": ("1", "1"),
}
SIZES = [(3, 3), (20, 20), (150, 150)]
NAMED = {metric.name: metric for metric in METRICS if metric.drawn}


def scored(model: str, others: int, events: int) -> ProbabilityAnswers:
    truth = ["0"] * others + ["1"] * events
    return Probability(of="1").read([MODELS[model][int(true)] for true in truth], truth, ["0", "1"])


def labelled(model: str, others: int, events: int) -> Decided:
    """The same as labels: an answer of 0.5 or more is the label 1."""
    truth = ["0"] * others + ["1"] * events
    answers = [str(int(float(MODELS[model][int(true)]) >= 0.5)) for true in truth]
    return Labels().read(answers, truth, ["0", "1"])


def classed(model: str, others: int, events: int) -> ClassAnswers:
    """The same for six labels, four of which never occur: they get no probability."""
    truth = ["0"] * others + ["1"] * events
    found = [float(MODELS[model][int(true)]) for true in truth]
    answers = [json.dumps([1 - value, value, 0, 0, 0, 0]) for value in found]
    return Classes().read(answers, truth, ["0", "1", "2", "3", "4", "5"])


def hidden(model: str, others: int, events: int) -> TopicAnswers:
    """Texts of one word, whose probability is what the model gives to the truth."""
    truth = ["0"] * others + ["1"] * events
    scores = np.array([float(MODELS[model][int(true)]) for true in truth])
    of_truth = np.where(np.array(truth) == "1", scores, 1 - scores)
    known = Corpus(words=("a", "b"), unigram=np.full(2, 0.5), texts=(), count=1)
    return TopicAnswers(
        values=np.log(np.maximum(of_truth, 1e-4)),
        unusable=np.zeros(len(truth), dtype=bool),
        reader=Reader(corpus=known),
        shares=np.ones(1),
    )


#: What a metric reads → the answers as such.
READ = {ProbabilityAnswers: scored, Decided: labelled, ClassAnswers: classed, TopicAnswers: hidden}


def read(metric: str, model: str, others: int, events: int) -> Any:
    """The answers as the metric reads them. A group has a row of either label."""
    found = READ[NAMED[metric].reads](model, others, events)
    return replace(found, groups=np.r_[np.arange(others), np.arange(events)]) if NAMED[metric].grouped else found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("metric", NAMED)
def test_no_figure_is_certain(metric: str, model: str) -> None:
    """Each own interval holds its figure, has a width, and the width shrinks as rows come."""
    widths = []
    for others, events in SIZES:
        found = NAMED[metric].figures(read(metric, model, others, events), seed=1).values()
        assert all(entry.low <= entry.value <= entry.high for entry in found)
        assert all(np.isfinite([entry.low, entry.high]).all() for entry in found)
        widths.append([entry.high - entry.low for entry in found])
    assert (np.array(widths) > 0).all()
    assert (np.diff(widths, axis=0) < 0).all()


@pytest.mark.parametrize("champion", MODELS)
@pytest.mark.parametrize("challenger", MODELS)
@pytest.mark.parametrize("metric", [name for name, metric in NAMED.items() if isinstance(metric, Compared)])
def test_no_gain_is_certain(metric: str, champion: str, challenger: str) -> None:
    """Neither between two equal models nor between a perfect and a useless one, on the same rows and on others."""
    paired, apart, by_group = [], [], []
    for others, events in SIZES:
        pair = Pair(
            champion=read(metric, champion, others, events), challenger=read(metric, challenger, others, events)
        )
        (found,) = gains(pair, [NAMED[metric]], confidence=0.95, seed=1)
        assert found.low <= found.value <= found.high
        paired.append(found.high - found.low)
        if isinstance(NAMED[metric], ClosedForm):
            group = closed_gain(NAMED[metric], pair, confidence=0.95)
            by_group.append(group.high - group.low)
        other = independent_gain(NAMED[metric], pair.champion, pair.challenger)
        if other is not None:
            assert other.low <= other.value <= other.high
            apart.append(other.high - other.low)
    for widths in (paired, apart, by_group):
        assert all(width > 0 for width in widths)
        assert all(more < fewer for fewer, more in pairwise(widths))


@pytest.mark.parametrize("metric", [name for name in NAMED if name not in {"auc", "ndcg_at_10"}])
@pytest.mark.parametrize("events", [0, 1])
def test_one_row_is_hardly_anything(metric: str, events: int) -> None:
    """The figure of a single row has an interval, which is wide."""
    answered = read(metric, "perfect", 1 - events, events)
    found = NAMED[metric].figures(answered, seed=1)
    rows = [entry for entry in found.values() if entry.rows]
    assert rows
    assert all(entry.high - entry.low > 0.15 for entry in rows)
    if isinstance(NAMED[metric], Compared):
        (gain,) = gains(Pair(champion=answered, challenger=answered), [NAMED[metric]], confidence=0.95, seed=1)
        assert gain.high - gain.low > 0.15


def test_three_cases_and_three_controls_do_not_prove_an_area() -> None:
    """One of 20 orders of six rows is perfect by chance: an AUC of 0.5 is still in the interval, or nearly so."""
    truth, scores = np.repeat([0, 1], 3), np.array([0.02, 0.021, 0.022, 0.95, 0.951, 0.952])
    found = auc_estimate(truth, scores)
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.4 < found.low < 0.55
    assert newcombe(0.0, 3, 3, confidence=0.95) == pytest.approx((0.0, 1 - found.low))
    evidence = Evidence(
        requests=[f"row {place}" for place in range(6)],
        truth=[str(true) for true in truth],
        answers=[str(score) for score in scores],
        milliseconds=[3.0] * 6,
        labels=["0", "1"],
        baseline="0.22",
        seed=1,
    )
    decision = decide(evidence, SCORED_RULES)
    assert decision.verdict is Verdict.HOLD
    assert {"AUC", "beats the baseline"} <= {check.name for check in decision.decisive}


def test_newcombes_interval_is_half_as_wide_on_four_times_the_rows() -> None:
    """In the middle it behaves as DeLong's; at the edge it shrinks with the rows themselves."""
    narrow, wide = (newcombe(0.8, rows, rows, confidence=0.95) for rows in (4_000, 1_000))
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(2, rel=0.05)
    edges = [1 - newcombe(1.0, rows, rows, confidence=0.95)[0] for rows in (1_000, 4_000)]
    assert edges[0] / edges[1] == pytest.approx(4, rel=0.05)


def test_saved_costs_have_a_width() -> None:
    """Deciding for every row alike saves nothing, and how much that varies is not 0."""
    for rows in (1, 3, 50):
        found = saved(np.ones(rows, dtype=np.int64), np.ones(rows), Costs())
        assert found.high - found.low > 0


SIMULATIONS = 300


def covered(estimates: list[Any], truth: float) -> float:
    return float(np.mean([entry.low <= truth <= entry.high for entry in estimates]))


@pytest.mark.parametrize(("area", "rows"), [(0.99, 5), (0.99, 15), (0.97, 30), (0.9, 15), (0.75, 10)])
def test_auc_intervals_cover_at_the_edge(area: float, rows: int) -> None:
    """For nearly perfect models on few rows, the interval holds the true area in 93 of 100 samples or more."""
    from scipy.special import ndtri

    generator, truth = np.random.default_rng(11), np.repeat([0, 1], rows)
    shift = np.sqrt(2) * float(ndtri(area)) * truth
    found = [auc_estimate(truth, shift + generator.normal(size=2 * rows)) for _ in range(SIMULATIONS)]
    assert covered(found, area) >= 0.93


@pytest.mark.parametrize(("chance", "rows"), [(0.002, 100), (0.02, 60), (0.1, 20)])
def test_intervals_of_rare_mistakes_cover(chance: float, rows: int) -> None:
    """Models that are certain, and seldom wrong: recall, macro-F1 and log loss hold what is true of them."""
    generator, truth = np.random.default_rng(5), np.repeat([0, 1], rows)
    kept = np.array([[1 - chance, chance, 0], [chance, 1 - chance, 0]])
    exact = MacroF1().estimate(_decided(truth, truth), seed=1)
    assert exact.low < 1
    loss = -((1 - chance) * np.log(0.999) + chance * np.log(0.001))
    found: dict[str, list[Any]] = {"recall": [], "macro-F1": [], "log loss": []}
    for _ in range(SIMULATIONS // 4):
        answers = np.where(generator.random(2 * rows) < chance, 1 - truth, truth)
        decided = _decided(truth, answers)
        found["recall"].append(share(int((answers[truth == 1] == 1).sum()), rows))
        found["macro-F1"].append(MacroF1().estimate(decided, seed=1))
        found["log loss"].append(LogLoss().estimate(_scored(truth, np.abs(answers - 0.001)), seed=1))
    true = {"recall": 1 - chance, "macro-F1": _macro_f1(kept), "log loss": loss}
    assert {name: covered(found[name], true[name]) >= 0.9 for name in found} == dict.fromkeys(found, True)


def test_paired_gains_cover_at_the_edge() -> None:
    """For two models of the same small error, the interval of the gain holds 0: accuracy, AUC, macro-F1, log loss."""
    generator, truth = np.random.default_rng(3), np.repeat([0, 1], 20)
    metrics = [Accuracy(), Auc(), MacroF1(), LogLoss()]
    held: dict[str, int] = {metric.name: 0 for metric in metrics}
    for _ in range(SIMULATIONS // 4):
        shift = 4.0 * (truth - 0.5)
        scores = [1 / (1 + np.exp(-(shift + generator.normal(size=40)) * 2)) for _ in range(2)]
        pair = Pair(champion=_scored(truth, scores[0]), challenger=_scored(truth, scores[1]))
        for gain in gains(pair, metrics, confidence=0.95, seed=1):
            held[gain.metric] += gain.low <= 0 <= gain.high
    assert {name: count >= 0.9 * (SIMULATIONS // 4) for name, count in held.items()} == dict.fromkeys(held, True)


def test_the_calibration_error_of_a_perfect_model_has_an_upper_bound() -> None:
    """Rows that are all certain and right say how many others may be certain and wrong: 3.8 of 100 at the most."""
    found = CalibrationError().figures(scored("perfect", 50, 50), seed=1)["calibration error"]
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(3.84 / 103.84, abs=1e-3)


def _scored(truth: np.ndarray, values: np.ndarray) -> ProbabilityAnswers:
    usable = np.zeros(len(values), dtype=bool)
    return ProbabilityAnswers(truth=truth, values=values, unusable=usable, labels=("0", "1"), threshold=0.5)


def _decided(truth: np.ndarray, values: np.ndarray) -> Decided:
    return Decided(truth=truth, values=values, unusable=np.zeros(len(values), dtype=bool), labels=("0", "1"))


def _macro_f1(shares: np.ndarray) -> float:
    right = np.diagonal(shares)
    return float((2 * right / (shares.sum(axis=1) + shares.sum(axis=0)[:-1])).mean())


@pytest.mark.parametrize(
    ("rows", "answers", "outcome"),
    [
        (4, "perfect", Verdict.HOLD),
        (8, "constant", Verdict.REJECT),
        (60, "perfect", Verdict.PROMOTE),
        (60, "constant", Verdict.REJECT),
    ],
)
def test_few_rows_reject_nobody_who_is_better_than_nothing(rows: int, answers: str, outcome: Verdict) -> None:
    """They prove nothing, either way: a person decides. A model that is no better is rejected on any number of rows."""
    half = rows // 2
    scores, labels = scored(answers, half, half), labelled(answers, half, half)
    zeros = Labels().read(["0"] * rows, ["0"] * half + ["1"] * half, ["0", "1"])
    assert Probability(of="1").against_baseline(scores, scores).outcome is outcome
    assert Labels().against_baseline(labels, zeros).outcome is outcome


def test_welchs_interval_is_scipys() -> None:
    """Where there is a spread, on samples of other sizes and spreads, either way round."""
    generator = np.random.default_rng(8)
    one, two = generator.normal(1, 2, 40), generator.normal(0, 1, 90)
    expected = ttest_ind(two, one, equal_var=False).confidence_interval(0.95)
    for sign, (low, high) in ((1, expected), (-1, (-expected.high, -expected.low))):
        found = welch((one, 1.0), (two, 1.0), sign=sign)
        assert (found.low, found.high) == pytest.approx((low, high))
