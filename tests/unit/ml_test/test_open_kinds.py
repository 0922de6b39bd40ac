"""What a new kind of answers and a new metric take: classes of their own, and nothing in shared code."""

# ruff: noqa: ARG002  (a kind and a metric take what all of them are given)

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from handover.plain_text import number
from ml_test.gate import experiment, report
from ml_test.gate.answers import KINDS
from ml_test.gate.answers.decided import Decided
from ml_test.gate.answers.kind import Answered, AnswerKind, known_truth
from ml_test.gate.bootstrap import Bounds
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.gains import Pair
from ml_test.gate.independent import numbers_alike
from ml_test.gate.intervals import TANGO, Estimate, paired_shares, share
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.metric import ClosedForm, MeanOfRows, Metric
from ml_test.gate.rules import Rules
from ml_test.gate.slices import groups
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import LESS_IS_BETTER, SHARE, Direction, Unit
from tests.unit.ml_test.conftest import RULES, TestRows

ROWS = 600
PACKAGES = "arn:aws:sagemaker:us-east-1:123456789012:model-package/buses"
ORIGIN = {"workload": "buses", "commit": "0123abc", "model_package_arn": f"{PACKAGES}/2", "champion": None}
CHAMPION = {"endpoint": "prod", "model_package_arn": f"{PACKAGES}/1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberAnswers(Answered):
    truth: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers(AnswerKind[NumberAnswers]):
    """The endpoint answers with a number up to ``most``; anything else counts as 0."""

    name: ClassVar[str] = "numbers"
    view: ClassVar[type[NumberAnswers]] = NumberAnswers
    one: ClassVar[str] = "a number"
    many: ClassVar[str] = "numbers"
    baseline_knows: ClassVar[str] = "only the mean"

    most: float

    def read(
        self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None
    ) -> NumberAnswers:
        found = [number(answer) for answer in answers]
        usable = [value is not None and value <= self.most for value in found]
        return NumberAnswers(
            values=np.array([value if ok else 0.0 for value, ok in zip(found, usable, strict=True)], dtype=float),
            unusable=~np.array(usable),
            truth=np.array([float(true) for true in known_truth(truth, self)]),
        )

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:
        return repr(float(np.mean([float(true) for true in learned])))

    def against_baseline(self, challenger: NumberAnswers, baseline: NumberAnswers) -> Check:
        errors = [float(np.abs(model.values - model.truth).mean()) for model in (challenger, baseline)]
        better = errors[0] < errors[1]
        said = f"it is {'better' if better else 'no better'} than always answering the mean"
        outcome = Verdict.PROMOTE if better else Verdict.REJECT
        return Check(name="beats the baseline", outcome=outcome, plain=said, sentence=said)

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        return numbers_alike([float(answer) for answer in champion], [float(answer) for answer in challenger])

    def part(self, pair: Pair[NumberAnswers], evidence: Evidence) -> dict[str, Any]:
        return {"greatest_error": float(np.abs(pair.challenger.values - pair.challenger.truth).max())}

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        return f"<p>The greatest error is {report['answered']['greatest_error']:.1f}.</p>"


class MeanAbsoluteError(MeanOfRows[NumberAnswers]):
    name: ClassVar[str] = "mean_absolute_error"
    reads: ClassVar[type[NumberAnswers]] = NumberAnswers
    called: ClassVar[str] = "mean absolute error"
    explained: ClassVar[str] = "how far the answers are off"
    unit: ClassVar[Unit] = Unit(digits=1, after_figure=" minutes", after_difference=" minutes")
    direction: ClassVar[Direction] = LESS_IS_BETTER

    def of_rows(self, answered: NumberAnswers) -> NDArray[np.float64]:
        return np.abs(answered.values - answered.truth)


class FarOff(ClosedForm[NumberAnswers]):
    """A share that should be small: floors turn into ceilings, also for groups."""

    name: ClassVar[str] = "far_off"
    reads: ClassVar[type[NumberAnswers]] = NumberAnswers
    called: ClassVar[str] = "share of answers far off"
    explained: ClassVar[str] = "how often an answer is off by more than 20"
    own_method: ClassVar[str] = "Wilson's interval"
    method: ClassVar[str] = TANGO
    unit: ClassVar[Unit] = SHARE
    direction: ClassVar[Direction] = LESS_IS_BETTER
    fewest_rows: ClassVar[int] = 50

    def value(self, answered: NumberAnswers) -> float:
        return float(self._far(answered).mean())

    def estimate(self, answered: NumberAnswers, *, seed: int) -> Estimate:
        return share(int(self._far(answered).sum()), len(answered))

    def gain_bounds(self, pair: Pair[NumberAnswers], confidence: float) -> Bounds:
        before, after = self._far(pair.champion), self._far(pair.challenger)
        wins, losses = int((before & ~after).sum()), int((after & ~before).sum())
        return paired_shares(wins, losses, len(before), confidence=confidence)

    @staticmethod
    def _far(answered: NumberAnswers) -> NDArray[np.bool_]:
        return np.abs(answered.values - answered.truth) > 20


GATE = """
[answers]
kind = "numbers"
most = 1000

[comparison]
metric = "mean_absolute_error"
margin = 2
shown = ["far_off"]

[ceilings]
mean_absolute_error = 15

[slices]
metric = "far_off"
margin = 0.2
ceiling = 0.25

[[slices.by]]
feature = "line"

[latency]
p99_milliseconds = 100
p99_ratio = 2
"""


def rules(folder: Path) -> Rules:
    """As gate.toml says, with the kind and the metrics of this test."""
    path = folder / "gate.toml"
    path.write_text(GATE)
    return Rules.read(path, kinds=(*KINDS, Numbers), metrics=(*METRICS, MeanAbsoluteError(), FarOff()))


def evidence(*, error: float = 10.0, champion: float | None = 10.0, line_7: float = 0.0) -> Evidence:
    """Two models that are off by about ``error``; the challenger by so much more on line 7."""
    generator = np.random.default_rng(1)
    requests = [f"{place % 3 + 6},x" for place in range(ROWS)]
    truth = generator.normal(300, 60, ROWS)
    common = generator.normal(size=ROWS)

    def answers(off: float, more: float = 0.0) -> list[str]:
        noise = off * (0.9 * common + 0.4 * generator.normal(size=ROWS))
        return [f"{value:.3f}" for value in truth + noise + [more * r.startswith("7") for r in requests]]

    return Evidence(
        requests=requests,
        truth=[f"{value:.3f}" for value in truth],
        answers=answers(error, line_7),
        champion=None if champion is None else answers(champion),
        milliseconds=[3.0] * ROWS,
        champion_milliseconds=[] if champion is None else [3.0] * ROWS,
        baseline="300.0",
        seed=1,
        slices=groups(requests, ["line", "stop"], []) | {f"line {n}": np.arange(ROWS) % 3 == n - 6 for n in (6, 7, 8)},
    )


def decisive(found: Evidence, asked: Rules) -> tuple[Verdict, list[str]]:
    decision = decide(found, asked)
    return decision.verdict, [check.name for check in decision.decisive]


def test_a_new_kind_goes_through_the_whole_gate(tmp_path: Path) -> None:
    """Equal answers pass; worse ones, unusable ones and those worse in one group are stopped, each for its reason."""
    asked = rules(tmp_path)
    assert decide(evidence(), asked).verdict is Verdict.PROMOTE
    assert decide(evidence(champion=None), asked).verdict is Verdict.PROMOTE
    assert decisive(evidence(error=16), asked) == (Verdict.REJECT, ["comparison", "group by group"])
    assert decisive(evidence(error=24, champion=24), asked)[1] == ["mean absolute error", "groups"]
    verdict, names = decisive(evidence(error=6, line_7=22), asked)
    assert (verdict, {"groups", "group by group"} <= set(names)) == (Verdict.REJECT, True)
    broken = evidence()
    broken = replace(broken, answers=["soon", *broken.answers[1:]])
    assert "to test row 1 (6,x) it gave 'soon', which is not a number" in decide(broken, asked).reason


def test_a_new_kind_has_its_report(tmp_path: Path) -> None:
    """The report has the kind's part, its section of the page, and the metric's words, unit and axis."""
    asked, found = rules(tmp_path), evidence(error=9)
    about = ORIGIN | {"champion": CHAMPION}
    document = report.document(decide(found, asked), found, asked, about)
    assert document["rules"]["answers"] == {"kind": "numbers", "grouped_by": "", "most": 1000}
    assert document["gains"][0]["method"] == "paired bootstrap, BCa"
    page = report.html(json.loads(json.dumps(document)), kinds=(Numbers,))
    assert f"The greatest error is {document['answered']['greatest_error']:.1f}." in page
    assert "Mean absolute error is how far the answers are off." in page
    assert "up to 2.0 minutes worse" in page
    assert ">20</text>" in page, "the axis of a mean absolute error of 9 with a ceiling of 15"
    first = evidence(champion=None)
    document = report.document(decide(first, asked), first, asked, about | {"champion": None})
    assert "The comparison is with a model that knows only the mean." in report.html(document, kinds=(Numbers,))


def test_a_new_kind_competes_on_real_traffic(tmp_path: Path) -> None:
    """The same metric on different requests has no pairs, and gets Welch's interval."""
    asked, generator = rules(tmp_path), np.random.default_rng(4)

    def traffic(error: float) -> experiment.Traffic:
        truth = generator.normal(300, 60, ROWS)
        answers = [f"{value:.3f}" for value in truth + error * generator.normal(size=ROWS)]
        return experiment.Traffic(
            package="p",
            invocations=ROWS,
            errors=0,
            p99_milliseconds=3.0,
            answers=tuple(answers),
            judged=tuple((answer, f"{true:.3f}") for answer, true in zip(answers, truth, strict=True)),
        )

    better, worse = (experiment.compare(traffic(10), traffic(error), asked, minimum=100)[0] for error in (6, 16))
    assert (better.outcome, worse.outcome) == (Verdict.PROMOTE, Verdict.REJECT)
    assert "Welch's interval" in better.sentence


class Bold(MeanOfRows[Answered]):
    """A metric for any answers: how great the greatest weight of a row is."""

    name: ClassVar[str] = "boldness"
    reads: ClassVar[type[Answered]] = Answered
    called: ClassVar[str] = "boldness"
    explained: ClassVar[str] = "the mean of each row's greatest weight"

    def of_rows(self, answered: Answered) -> NDArray[np.float64]:
        return answered.values.reshape(len(answered), -1).max(axis=1).astype(float)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights(AnswerKind[Answered]):
    """Weights of topics, for which nobody knows a truth."""

    name: ClassVar[str] = "weights"
    view: ClassVar[type[Answered]] = Answered
    one: ClassVar[str] = "a list of weights"
    many: ClassVar[str] = "lists of weights"
    baseline_knows: ClassVar[str] = "nothing"
    needs_truth: ClassVar[bool] = False

    def read(
        self, answers: Sequence[str], truth: Sequence[str] | None, labels: Sequence[str] | None = None
    ) -> Answered:
        values = np.array([[float(weight) for weight in answer.split()] for answer in answers])
        return Answered(values=values, unusable=np.zeros(len(values), dtype=bool))

    def baseline(self, learned: Sequence[str], labels: Sequence[str]) -> str:
        return "0.5 0.5"

    def against_baseline(self, challenger: Answered, baseline: Answered) -> None:
        return None

    def alike(self, champion: Sequence[str], challenger: Sequence[str]) -> float:
        return 1.0

    def part(self, pair: Pair[Answered], evidence: Evidence) -> dict[str, Any]:
        return {"topics": pair.challenger.values.shape[1]}

    @classmethod
    def section(cls, report: Mapping[str, Any]) -> str:
        return f"<p>{report['answered']['topics']} topics.</p>"


def weights(mean: float, seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).normal(mean, 0.05, 300).clip(0.5, 1)
    return [f"{value:.4f} {1 - value:.4f}" for value in drawn]


def test_answers_without_a_truth_are_judged() -> None:
    """Answers without a truth get a verdict, without a check against the baseline."""
    asked = replace(
        RULES,
        answers=Weights(),
        metrics=(Bold(),),
        comparison=replace(RULES.comparison, metric="boldness", shown=()),
        floors={"boldness": 0.6},
        slices=None,
    )
    found = Evidence(
        requests=[f"text {place}" for place in range(300)],
        truth=None,
        answers=weights(0.8, 1),
        champion=weights(0.8, 2),
        milliseconds=[3.0] * 300,
        champion_milliseconds=[3.0] * 300,
        baseline="0.5 0.5",
        seed=1,
    )
    decision = decide(found, asked)
    assert decision.verdict is Verdict.PROMOTE
    assert [check.name for check in decision.checks] == [
        *("answers", "boldness", "comparison", "latency", "latency against the champion"),
    ]
    about = ORIGIN | {"champion": CHAMPION}
    assert "<p>2 topics.</p>" in report.html(report.document(decision, found, asked, about), kinds=(Weights,))
    assert decide(replace(found, answers=weights(0.7, 1)), asked).verdict is Verdict.REJECT
    told = [experiment.Traffic(package="p", invocations=300, errors=0, p99_milliseconds=None, answers=tuple(answers))
            for answers in (weights(0.8, 1), weights(0.6, 2))]  # fmt: skip
    assert experiment.compare(told[0], told[1], asked, minimum=100)[0].outcome is Verdict.REJECT


class Precision(Metric[Decided]):
    """The precision of each label: a metric with floors only, for a kind that stands."""

    name: ClassVar[str] = "precision"
    reads: ClassVar[type[Decided]] = Decided
    called: ClassVar[str] = "precision"
    explained: ClassVar[str] = "the share of a label's answers that are right"
    own_method: ClassVar[str] = "Wilson's interval"

    def figures(self, answered: Decided, *, seed: int) -> dict[str, Estimate]:
        answers = answered.matrix.sum(axis=0)[:-1]
        found = zip(answered.labels, np.diagonal(answered.matrix), answers, strict=True)
        return {f"precision of {label}": share(int(right), int(count)) for label, right, count in found if count}


def test_a_new_metric_is_offered_to_every_kind_that_it_can_read(rows: TestRows) -> None:
    """One entry in the list lets its floor be held by name, and a report speak of it."""
    asked = replace(RULES, metrics=(*METRICS, Precision()), floors={"precision": 0.9})
    found = rows.evidence(rows.with_mistakes(6))
    decision = decide(found, asked)
    assert "precision of acc" in [check.name for check in decision.decisive]
    document = report.document(decision, found, asked, ORIGIN)
    assert "precision: Wilson&#x27;s interval" in report.html(document)


def test_no_shared_code_asks_which_kind_or_metric_it_has() -> None:
    """No name of a kind or a metric occurs in the gate's code outside of their own folders, and of what states them."""
    folder = Path(report.__file__).parent
    stated = {"answer_tables.py", "metric_facts.py"}
    names = [kind.name for kind in KINDS] + [metric.name for metric in METRICS]
    shared = [path for path in folder.glob("*.py") if path.name not in stated]
    found = [(path.name, name) for path in shared for name in names if f'"{name}"' in path.read_text()]
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.5", 0.5), ("-1e-3", -0.001), (".5", 0.5), ("5.", 5.0), ("+7", 7.0), ("1e5", 1e5)]
    + [(text, None) for text in ("", " 1", "1 ", "1_0", "nan", "inf", "1e999", "0x1", "\u0661", "1,5", "one", "1\n")],
)
def test_a_number_is_read_strictly(text: str, expected: float | None) -> None:
    """Only plain decimal writing is a number, whatever else Python takes."""
    assert number(text) == expected
