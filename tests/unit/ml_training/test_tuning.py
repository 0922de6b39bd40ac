"""What training.toml says of tuning, and what a report shows of it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from handover.data import SideChannel
from handover.names import tuning_job_base
from handover.packages import Training as Lineage
from ml_steps.running import StepError
from ml_training.train import tuning_of
from ml_training.training import FOLDER, Training
from ml_training.training_job import TrainedModel, inputs
from ml_training.tune import settings_lines
from ml_training.tuning import Tuning
from ml_training.tuning_job import Trial, Tuned, _counted, _wait
from ml_training.tuning_report import best_so_far, page, parallel_coordinates, table_lines

ETA = {"kind": "continuous", "low": 0.1, "high": 0.5}
GIVEN: dict[str, Any] = {"strategy": "Bayesian", "jobs": 8, "parallel": 2, "ranges": {"eta": ETA}}


@pytest.mark.parametrize("workload", sorted(path.parent.name for path in FOLDER.glob("*/training.toml")))
def test_a_workloads_own_values_are_within_its_ranges(workload: str) -> None:
    """The value that is used without tuning is one that tuning could find."""
    training = Training.read(FOLDER / workload / "training.toml")
    for name, kind in (training.tuning.ranges if training.tuning else {}).items():
        own = training.hyperparameters.get(name)
        assert own is None or kind.low <= own <= kind.high, name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"strategy": "Luck"}, r"\[tuning\] strategy = 'Luck': expected Bayesian or Random or Grid or Hyperband"),
        ({"jobs": 0}, r"\[tuning\] jobs = 0: expected at least 1"),
        ({"trials": 8}, r"\[tuning\] trials = 8 is not known here"),
        ({"ranges": {}}, r"\[tuning\] must have a range"),
        ({"strategy": "Grid"}, r"\[tuning\] jobs = 8 and strategy = 'Grid'"),
        ({"strategy": "Hyperband"}, r"\[tuning\] epochs = None and strategy = 'Hyperband'"),
        ({"strategy": "Hyperband", "epochs": 9, "early_stopping": True}, "stops jobs by its own rule"),
        ({"ranges": {"eta": {**ETA, "high": 0.1}}}, r"\[tuning.ranges.eta\] low = 0.1 is not below high = 0.1"),
        ({"ranges": {"eta": {**ETA, "low": 0.0, "scale": "Logarithmic"}}}, "needs low above 0, not 0.0"),
        ({"ranges": {"eta": {**ETA, "high": 1.0, "scale": "ReverseLogarithmic"}}}, r"needs a range within \[0, 1\)"),
        ({"ranges": {"eta": {**ETA, "kind": "complex"}}}, r"\[tuning.ranges.eta\] kind = 'complex' is not known here"),
        ({"ranges": {"c": {"kind": "categorical", "values": []}}}, "expected at least one"),
    ],
)
def test_a_fault_in_the_table_is_named(changes: dict[str, Any], said: str) -> None:
    """The error names the table, the key, the value and what is allowed."""
    with pytest.raises(ValueError, match=said):
        Tuning.parse(GIVEN | changes)


def test_trials_read_the_channels_of_a_training_job() -> None:
    """Weights come to each trial beside the rows, each with its own content type."""
    job: Any = SimpleNamespace(
        channels={"train": "s3://data/features/1/train/"},
        content_type="application/x-tar",
        side_channels={"backbone": SideChannel(prefix="s3://data/features/2/backbone/", content_type="a/b")},
    )
    assert inputs(job) == [
        ("train", "s3://data/features/1/train/", "application/x-tar"),
        ("backbone", "s3://data/features/2/backbone/", "a/b"),
    ]


def test_what_the_data_set_is_not_tuned() -> None:
    """A hyperparameter of [of_data] has no range."""
    document = tomllib.loads((FOLDER / "car_evaluation" / "training.toml").read_text())
    document["tuning"]["ranges"]["num_class"] = {"kind": "integer", "low": 2, "high": 4}
    with pytest.raises(ValueError, match="num_class is set by the data"):
        Training._parse(document)


def test_tuning_without_ranges_ends_the_step() -> None:
    """The error names both files."""
    training = replace(Training.read(FOLDER / "defaults" / "two_labels.toml"), tuning=None)
    with pytest.raises(StepError, match=r"gatehouse.toml has iris tuned .* its training.toml has no \[tuning\]"):
        tuning_of(training, "iris")


def test_a_tuning_jobs_name_leaves_room_for_its_own_part() -> None:
    """Base, dash and ten characters are at most SageMaker's 32, and no dash comes twice."""
    assert tuning_job_base("car-evaluation") == "car-evaluation"
    long = tuning_job_base("a-workload-with-nine-to-ten-words")
    assert len(long) + 1 + 10 <= 32
    assert tuning_job_base("abcdefghij-klmnopqrs-tuv") == "abcdefghij-klmnopqrs"


def test_the_package_names_its_tuning_job() -> None:
    """The lineage has the tuning job if there was one, and no empty value otherwise."""
    lineage = Lineage(commit="1", data_sha256="2", pipeline_execution="3", training_job="4", metrics={})
    assert "tuning_job" not in lineage.properties()
    assert replace(lineage, tuning_job="car-evaluation-1").properties()["tuning_job"] == "car-evaluation-1"


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_tuning_job_that_ends_otherwise_ends_the_step(status: str) -> None:
    """The message names the job, its status and SageMaker's reason."""
    counters = dict.fromkeys(("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0)

    class Client:
        def describe_hyper_parameter_tuning_job(self, **_: Any) -> dict[str, Any]:
            job = {"HyperParameterTuningJobStatus": status, "FailureReason": "All training jobs failed."}
            return job | {"TrainingJobStatusCounters": counters}

    with pytest.raises(StepError, match=f"tuning job t ended {status}: All training jobs failed."):
        _wait(Client(), "t")
    assert _counted(counters) == "no training job yet"
    assert _counted(counters | {"Completed": 2, "RetryableError": 1}) == "2 completed, 1 failed"


def trial(number: int, objective: float | None, **values: str) -> Trial:
    status = "Completed" if objective is not None else "Failed"
    return Trial(job_name=f"t-{number}", values=values, status=status, objective=objective)


TRIALS = (
    trial(1, 0.5, eta="0.1", policy="depthwise"),
    trial(2, None, eta="0.2", policy="<lossguide>"),
    trial(3, 0.2, eta="0.3", policy="<lossguide>"),
    trial(4, 0.4, eta="0.4", policy="depthwise"),
)
TUNED = Tuned(
    job_name="t",
    metric="validation:logloss",
    minimize=True,
    trials=TRIALS,
    best=TrainedModel(job_name="t-3", model_data="s3://m", metrics={}),
    values=TRIALS[2].values,
)


def elements(svg: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(tag))  # noqa: S314  (our own)


def test_best_so_far_only_improves() -> None:
    """Each trial with a value is a dot; the line goes down where the loss is less, and never up again."""
    chart = best_so_far(TUNED)
    assert len(elements(chart, "circle")) == 3
    (line,) = elements(chart, "path")
    heights = [float(found) for found in re.findall(r"[V,]([\d.]+)", line.attrib["d"])]
    assert heights == sorted(heights)  # less loss is further down
    assert len(set(heights)) == 2
    more = best_so_far(replace(TUNED, minimize=False))
    (line,) = elements(more, "path")
    assert len(set(re.findall(r"[V,]([\d.]+)", line.attrib["d"]))) == 1  # the first is the greatest


def test_parallel_coordinates_show_each_trial_once() -> None:
    """A line for each trial with a value goes through all axes; the best one is marked, and drawn last."""
    lines = elements(parallel_coordinates(TUNED), "polyline")
    assert [line.attrib["class"] for line in lines] == ["trial", "trial", "best"]
    assert {len(line.attrib["points"].split()) for line in lines} == {3}


def test_the_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows() -> None:
    """No script and no address; a value from outside is text."""
    text = page(TUNED, "credit_default")
    assert not re.search(r"<script|src=|href=|@import|url\(", text)
    assert "<lossguide>" not in text
    assert "&lt;lossguide&gt;" in text
    assert "The test rows had no part in it." in text


def test_the_table_has_the_best_first_and_what_failed_last() -> None:
    """A star marks the best; a trial without a value says what became of it."""
    head, *rows = table_lines(TUNED)
    assert head.split() == ["eta", "policy", "validation:logloss"]
    assert [row.split()[0] for row in rows] == ["*", "0.4", "0.1", "0.2"]
    assert rows[-1].endswith("Failed")


def test_settings_can_be_pasted_into_the_file() -> None:
    """Numbers stay numbers, texts are quoted, and the lines are TOML."""
    lines = settings_lines({"eta": "0.123456789", "max_depth": "5", "policy": "depthwise", "tiny": "1e-05"})
    read = tomllib.loads("\n".join(lines))
    assert read == {"eta": 0.1235, "max_depth": 5, "policy": "depthwise", "tiny": 1e-05}
