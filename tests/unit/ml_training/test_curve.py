"""The training curve, as the training step finds it in a job's log."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ml_training import curve
from ml_training.curve import GROUP, of_job, of_job_if_readable, reported
from ml_training.training import FOLDER
from ml_training.training_job import TrainedModel, described_model

if TYPE_CHECKING:
    from collections.abc import Sequence

DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeLogStreams")
ROUNDS = [
    "Train matrix has 1209 rows and 6 columns",
    "[0]#011train-merror:0.17#011train-mlogloss:1.1#011validation-merror:0.2#011validation-mlogloss:1.2",
    "[1]#011train-merror:0.10#011train-mlogloss:0.9#011validation-merror:0.1#011validation-mlogloss:1.0",
    "[2]#011train-merror:0.05#011train-mlogloss:0.5#011validation-merror:0.1#011validation-mlogloss:0.8",
]


class Logs:
    """CloudWatch Logs with these streams, whose pages hold two events. ``late``: so many readers miss the last line."""

    def __init__(self, streams: dict[str, Sequence[str]], *, late: int = 0) -> None:
        self.streams = streams
        self.late = late + 1
        self.groups: set[str] = set()

    def get_paginator(self, _: str) -> Logs:
        return self

    def paginate(self, *, logGroupName: str, logStreamNamePrefix: str) -> list[dict[str, Any]]:
        self.groups.add(logGroupName)
        self.late -= 1
        names = [name for name in reversed(self.streams) if name.startswith(logStreamNamePrefix)]
        return [{"logStreams": [{"logStreamName": name}]} for name in names]

    def get_log_events(
        self, *, logGroupName: str, logStreamName: str, startFromHead: bool, nextToken: str = "0"
    ) -> dict[str, Any]:
        assert startFromHead
        self.groups.add(logGroupName)
        lines, first = self.streams[logStreamName], int(nextToken)
        if self.late > 0:
            lines = lines[:-1]
        events = [{"message": line} for line in lines[first : first + 2]]
        return {"events": events, "nextForwardToken": str(min(first + 2, len(lines)))}


def model(metrics: dict[str, float], definitions: dict[str, str] | None = None) -> TrainedModel:
    return TrainedModel(job_name="car-1", model_data="s3://data/m", metrics=metrics, definitions=definitions or {})


def test_a_round_of_xgboost_is_four_values() -> None:
    """The curve has each metric of each channel, what the objective measures first, and the job's own streams alone."""
    logs = Logs({"car-1/algo-1-17": ROUNDS, "car-10/algo-1-17": ["[0]#011train-merror:9#011train-merror:9"]})
    found = of_job(logs, model({"validation:mlogloss": 0.8}), "validation:mlogloss")
    assert {series.name: series.values for series in found.metrics} == {
        "train:mlogloss": (1.1, 0.9, 0.5),
        "validation:mlogloss": (1.2, 1.0, 0.8),
        "train:merror": (0.17, 0.1, 0.05),
        "validation:merror": (0.2, 0.1, 0.1),
    }
    assert [series.measured for series in found.metrics] == ["mlogloss", "mlogloss", "merror", "merror"]
    assert logs.groups == {GROUP}


def test_a_script_is_read_by_its_own_definitions() -> None:
    """SageMaker tells them with the job; what they catch and is no number is no value."""
    text = (FOLDER / "iris" / "training.toml").read_text()
    metrics = [{"Name": each["name"], "Regex": each["regex"]} for each in tomllib.loads(text)["metrics"]]
    described = {
        "TrainingJobName": "iris-1",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://data/m"},
        "AlgorithmSpecification": {"MetricDefinitions": metrics},
    }
    lines = ["train_loss: 0.9 validation_loss: 1.1", "train_loss: ... ", "train_loss: 0.5 validation_loss: 0.7"]
    found = reported(lines, described_model(described).definitions)
    assert found == {"train:loss": [0.9, 0.5], "validation:loss": [1.1, 0.7]}


def test_what_a_built_in_algorithm_says_of_its_epochs_is_read() -> None:
    """A batch is no epoch, and a definition that finds the end alone hides no epoch."""
    lines = [
        "[11/28/2026 INFO] #quality_metric: host=algo-1, epoch=0, batch=0 train rmse <loss>=9.0",
        "[11/28/2026 INFO] #quality_metric: host=algo-1, epoch=0, train rmse <loss>=2.0",
        "[11/28/2026 INFO] #throughput_metric: host=algo-1, train throughput=10.0 records/second",
        "[11/28/2026 INFO] #quality_metric: host=algo-1, epoch=1, train rmse <loss>=1.5",
        "[11/28/2026 INFO] #quality_metric: host=algo-1, train rmse <loss>=1.4",
        "[11/28/2026 INFO] #quality_metric: host=algo-1, test rmse <loss>=1.6",
    ]
    definitions = {
        "train:rmse": r"#quality_metric: host=\S+, train rmse <loss>=(\S+)",
        "train:throughput": r"#throughput_metric: host=\S+, train throughput=(\S+) records/second",
    }
    found = reported(lines, definitions)
    assert found == {"train:rmse": [2.0, 1.5, 1.4], "test:rmse": [1.6], "train:throughput": [10.0]}
    drawn = curve.curve([found], "test:rmse").metrics
    assert [series.name for series in drawn] == ["train:rmse"], "what was reported once has no curve"


def test_a_regular_expression_that_python_does_not_know_costs_one_metric(capsys: pytest.CaptureFixture[str]) -> None:
    """SageMaker's expressions are another program's; the log of the step names the one that it cannot use."""
    found = reported(["a=1", "a=2"], {"a": "a=([0-9]+)", "b": "a=([0-9]++"})
    assert found == {"a": [1.0, 2.0]}
    assert "no curve of b" in capsys.readouterr().out


def test_hosts_speak_in_their_order() -> None:
    """A metric that several hosts report is the first one's; one that only another host reports is there, too."""
    streams = {"car-1/algo-1-5": ["l=1", "l=2"], "car-1/algo-2-5": ["l=7 v=3", "l=8 v=4"]}
    definitions = {"l": r"l=(\d)", "v": r"v=(\d)"}
    found = of_job(Logs(streams), model({"l": 8.0, "v": 4.0}, definitions), "v")
    assert {series.name: series.values for series in found.metrics} == {"v": (3.0, 4.0), "l": (1.0, 2.0)}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments at which the log was read; nobody waits."""
    moments: list[float] = []

    def polls() -> Any:
        for moment in (0.0, 10.0, 20.0, 31.0):
            moments.append(moment)
            yield moment
        pytest.fail("it waits for ever")

    monkeypatch.setattr(curve, "polls", polls)
    return moments


def test_the_last_lines_may_come_late(clock: list[float]) -> None:
    """The log is read again until it ends with SageMaker's own final value, which has seven digits."""
    found = of_job(Logs({"car-1/algo-1-17": ROUNDS}, late=2), model({"validation:mlogloss": 0.800000012}), "x")
    assert clock == [0.0, 10.0, 20.0]
    assert {series.count for series in found.metrics} == {3}


def test_a_log_that_never_ends_so_is_taken_as_it_is(clock: list[float]) -> None:
    """After half a minute the curve is what the log has: perhaps nothing."""
    assert of_job(Logs({}), model({"validation:mlogloss": 0.8}), "x").metrics == ()
    assert clock == [0.0, 10.0, 20.0, 31.0]


def test_a_log_that_may_not_be_read_costs_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    """A role without the permission, such as that of a pipeline deployed before, trains as before, and says why."""

    class Refused(Logs):
        def paginate(self, **_: Any) -> list[dict[str, Any]]:
            raise DENIED

    assert of_job_if_readable(Refused({}), model({"a": 1.0}), "a") is None
    assert "no training curve: An error occurred (AccessDeniedException)" in capsys.readouterr().out
