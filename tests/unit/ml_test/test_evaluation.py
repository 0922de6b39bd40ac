"""How the test rows are asked for, and what gate.toml makes of them, for the workload that answers probabilities."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handover.invocations import CSV
from ml_init.dataset import Dataset
from ml_steps.endpoint import Asker
from ml_test.evaluation import ask_all
from ml_test.gate.rules import Cut, Latency, Load, Rules
from ml_test.gate.slices import groups

PROJECT = Path(__file__).parents[3]
DATASET = Dataset.read(PROJECT / "ml_init" / "credit_default" / "dataset.toml")
FEATURES = [column.name for column in DATASET.features]
RULES = Rules.read(PROJECT / "ml_test" / "credit_default" / "gate.toml")


class Runtime:
    """Endpoints that answer half of a request's age, over 100, and what was asked of whom in which order."""

    def __init__(self, *, slow_ones: int = 0) -> None:
        self.asked: list[str] = []
        self.seconds = 0.0
        """The time on its own clock: slow requests take 60 ms of it, the others none."""
        self._slow_ones = slow_ones

    def perf_counter(self) -> float:
        return self.seconds

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self.asked.append(EndpointName)
        if len(self.asked) <= self._slow_ones:
            self.seconds += 0.06
        answers = (int(row.split(b",")[FEATURES.index("age")]) / 200 for row in Body.splitlines())
        return {"Body": Content("".join(f"{answer}\n" for answer in answers).encode())}


def asker(runtime: Runtime) -> Asker:
    return Asker(runtime=runtime, invocation=CSV)


class Content:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content


def request(*, age: int = 30, sex: int = 1) -> str:
    values = RULES.smoke.requests[0].split(",")
    values[FEATURES.index("age")], values[FEATURES.index("sex")] = str(age), str(sex)
    return ",".join(values)


def test_groups_are_what_gate_toml_says() -> None:
    """Each row is in one group of each feature, and a band holds its lower bound."""
    masks = groups([request(age=29, sex=1), request(age=30, sex=2), request(age=75, sex=2)], FEATURES, RULES.cuts)
    assert masks["men"].tolist() == [True, False, False]
    assert masks["age 18 to 29"].tolist() == [True, False, False]
    assert masks["age 30 to 39"].tolist() == [False, True, False]
    assert masks["age from 60"].tolist() == [False, False, True]
    for cut in RULES.cuts:
        own = [mask for name, mask in masks.items() if name in cut.values.values() or name.startswith(cut.feature)]
        assert np.sum(own, axis=0).tolist() == [1, 1, 1]


def test_bounds_may_be_decimals() -> None:
    """The name of a band then says that its upper bound is not in it."""
    masks = groups(["0.4", "1.0", "2.5"], ["score"], [Cut(feature="score", bounds=(0, 0.5, 1.5))])
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "score 0 to below 0.5": [True, False, False],
        "score 0.5 to below 1.5": [False, True, False],
        "score from 1.5": [False, False, True],
    }


def test_labels_are_grouped_by_how_they_begin() -> None:
    """The true label is a column too; a label without the text that ends a beginning is in no group."""
    truth = ["Greek/alpha", "Latin/a", "Greek/beta", "nothing"]
    masks = groups(["1", "2", "3", "4"], ["x"], [Cut(feature="letter", up_to="/")], label=("letter", truth))
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "letter Greek": [True, False, True, False],
        "letter Latin": [False, True, False, False],
    }
    with pytest.raises(ValueError, match="counts training rows by 'letter', which is no feature"):
        groups(["1"], ["x"], [Cut(feature="letter", training_rows=(1,))], label=("letter", ["a"]))
    with pytest.raises(ValueError, match="more than one of values, bounds, training_rows and up_to"):
        Cut(feature="letter", up_to="/", bounds=(1,))


def test_no_group_takes_the_place_of_another() -> None:
    """Two groups with one name are refused: a new cut could hide an old one's rows behind it."""
    hidden = Cut(feature="marriage", values={"9": "men"})
    with pytest.raises(ValueError, match="two groups of rows with the name 'men'"):
        groups([request(sex=1)], FEATURES, [*RULES.cuts, hidden])


def test_a_feature_without_named_values_makes_a_group_of_each() -> None:
    """Each value of such a feature is a group of its own; rows without the column are refused."""
    cuts = Rules.read(PROJECT / "ml_test" / "car_evaluation" / "gate.toml").cuts
    masks = groups(["vhigh,2,low", "low,4,low"], ["buying", "persons", "safety"], cuts)
    assert set(masks) == {"buying vhigh", "buying low", "persons 2", "persons 4", "safety low"}
    with pytest.raises(ValueError, match="the rows have the columns"):
        groups(["vhigh"], ["buying"], cuts)


def test_gate_toml_fits_the_data() -> None:
    """The data set has the values that gate.toml names, and the smoke requests keep its contract."""
    columns = {column.name: column for column in DATASET.features}
    for cut in RULES.cuts:
        for value in (*cut.values, *map(str, cut.bounds)):
            assert columns[cut.feature].fault(value) is None
    for row in RULES.smoke.requests:
        pairs = zip(DATASET.features, row.split(","), strict=True)
        assert [fault for column, value in pairs if (fault := column.fault(value))] == []
    assert RULES.answers.of in DATASET.label.categories


def test_both_endpoints_are_asked_for_every_row() -> None:
    """Timed rows go to both endpoints in turn, the rest in requests of many, and the answers stay in order."""
    requests = [request(age=20 + place % 50) for place in range(200)]
    runtime = Runtime()
    both = ask_all(
        asker(runtime), ["qa", "prod"], requests, replace(RULES, load=Load(one_at_a_time=20, warm_up=0, repeats=0))
    )
    for asked in both:
        assert list(asked.answers) == [str((20 + place % 50) / 200) for place in range(200)]
        assert len(asked.milliseconds) == 20
    assert runtime.asked[:8] == ["qa", "prod", "prod", "qa", "qa", "prod", "prod", "qa"]
    assert sorted(runtime.asked) == ["prod"] * 22 + ["qa"] * 22


def test_a_cold_start_is_not_timed_and_a_busy_moment_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warm-up requests are not timed, and times that would not pass are taken three times at the most."""
    requests = [request(age=20 + place % 50) for place in range(10)]
    limits = Latency(p99_milliseconds=30, p99_ratio=100, slack_milliseconds=100)
    rules = replace(RULES, latency=limits, load=Load(warm_up=3, repeats=0))
    cold = Runtime(slow_ones=3)
    monkeypatch.setattr("ml_steps.endpoint.time", cold)
    (asked,) = ask_all(asker(cold), ["qa"], requests, rules)
    assert (len(cold.asked), len(asked.milliseconds)) == (3 + 10, 10)
    busy = Runtime(slow_ones=4)
    monkeypatch.setattr("ml_steps.endpoint.time", busy)
    (asked,) = ask_all(asker(busy), ["qa"], requests, rules)
    assert (len(busy.asked), len(asked.milliseconds)) == (3 + 3 * 10, 30)
    assert len(asked.answers) == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[comparison]\nmetric = "f2"\nmargin = 0.1',
            "asks for 'f2', which is no metric for these answers; allowed are accuracy",
        ),
        (
            '[comparison]\nmetric = "auc"\nmargin = 0.1',
            "asks for 'auc', which is no metric for these answers; allowed are accuracy",
        ),
        ('[comparison]\nmetric = "accuracy"\nmargin = 0', r"\[comparison\] margin = 0: expected a number above 0"),
        (
            '[comparison]\nmetric = "accuracy"\nmargins = 1',
            r"\[comparison\] margins = 1 is not known here; allowed are metric",
        ),
    ],
)
def test_a_gate_toml_that_is_wrong_says_what(tmp_path: Path, text: str, message: str) -> None:
    """The error names the wrong value of the table."""
    path = tmp_path / "gate.toml"
    path.write_text(f"{text}\n[latency]\np99_milliseconds = 1\np99_ratio = 2\n")
    with pytest.raises(ValueError, match=message):
        Rules.read(path)


GOOD = (PROJECT / "ml_test" / "credit_default" / "gate.toml").read_text()


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ("[floors]", "[floor]", "floor = {'auc': 0.75, 'accuracy': 0.6} is not known here; allowed are answers, co"),
        ("[answers]", "threshold = 1\n[answers]", "threshold = 1 is not known here; allowed are answers, comparison"),
        (
            "auc = 0.75",
            "acu = 0.75",
            "[floors] asks for 'acu', which is no metric for these answers; allowed are accuracy,",
        ),
        ("auc = 0.75", 'auc = "high"', "[floors] auc = 'high': expected a number"),
        ("auc = 0.75", "auc = true", "[floors] auc = True: expected a number"),
        ("auc = 0.75", "auc = nan", "[floors] auc = nan: expected a number"),
        ("auc = 0.75", "auc = inf", "[floors] auc = inf: expected a number"),
        ("auc = 0.75", f"auc = {10**400}", f"[floors] auc = {10**400}: expected a number"),
        ("auc = 0.75", "auc = 75", "[floors] auc = 75: auc lies between 0 and 1"),
        ("auc = 0.75", "log_loss = 0.4", "[floors] log_loss = 0.4: log_loss takes a ceiling"),
        ("log_loss = 0.47", "auc = 0.9", "[ceilings] auc = 0.9: auc takes a floor"),
        ("floor = 0.65", "ceiling = 0.65", "[slices] ceiling = 0.65: auc takes a floor"),
        ('metric = "auc"\nmargin = 0.03', 'metric = "log_loss"\nmargin = 0.03', "[slices] asks for 'log_loss', which"),
        ("margin = 0.01", "", "[comparison] must have margin"),
        ('shown = ["log_loss"]', 'shown = "log_loss"', "[comparison] shown = 'log_loss': expected a list"),
        ('shown = ["log_loss"]', "shown = [1]", "[comparison] shown = 1: expected a text"),
        ('shown = ["log_loss"]', 'shown = ["auc"]', "[comparison] asks for a metric twice: auc, auc"),
        (
            'kind = "probability"',
            'kind = "odds"',
            "[answers] kind = 'odds' is not known here; allowed are labels, prob",
        ),
        ('of = "1"', "", "[answers] must have of"),
        ('of = "1"', "of = 1", "[answers] of = 1: expected a text"),
        ("missed = 5", "missed = 0", "[answers.costs] missed = 0: expected a number above 0"),
        ("missed = 5", "missing = 5", "[answers.costs] missing = 5 is not known here; allowed are missed, false_alarm"),
        ('kind = "probability"', "", "[answers] of = '1' is not known here; allowed are"),
        ('feature = "sex"', "", "[slices.by] must have feature"),
        ('values = { 1 = "men"', "values = { 1 = 1", "[slices.by.values] 1 = 1: expected a text"),
        (
            "bounds = [18, 30,",
            "bounds = [30, 18,",
            "[slices.by] bounds = [30, 18, 40, 50, 60]: expected numbers that rise",
        ),
        ("one_at_a_time = 500", "one_at_a_time = 500.5", "[load] one_at_a_time = 500.5: expected a whole number"),
        ("connections = 4", "differing = 1", "[load] differing = 1: expected a share from 0 to below 1"),
        ("connections = 4", "repeats = -1", "[load] repeats = -1: expected a number of 0 or above"),
        ('of = "1"', 'of = "1"\ntolerance = 1.5', "[answers] tolerance = 1.5: expected a number from 0 to below 1"),
        ("connections = 4", "connections = 0", "[load] connections = 0: expected a number of 1 or above"),
        ("p99_ratio = 2.0", "p99_ratio = -1", "[latency] p99_ratio = -1: expected a number above 0"),
        ("[smoke]", "smoke = 1\n[smokes]", "smokes = {'requests':"),
    ],
)
def test_gate_toml_is_read_strictly(tmp_path: Path, found: str, written: str, message: str) -> None:
    """A table, a key, a metric, a type or a value that cannot be is refused: with file and line, what stands there, and
    what is allowed."""
    assert found in GOOD
    path = tmp_path / "gate.toml"
    path.write_text(GOOD.replace(found, written, 1))
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}:\d+: {re.escape(message)}"):
        Rules.read(path)
