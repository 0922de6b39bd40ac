"""What `make score` asks of a transform job, and what it makes of the output."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import Any

import pytest

from handover.invocations import CSV, ImageFile, Invocation
from handover.places import batch_folder
from handover.transforms import transform_job
from scripts import score

FOLDER = batch_folder("data", "car-evaluation-score-1")
ROWS = ["low,2,5more", '"a, b",2,x']


def asked_for(invocation: Invocation) -> dict[str, Any]:
    return transform_job(
        "job",
        source=FOLDER / "input/",
        target=FOLDER / "output",
        invocation=invocation,
        instance_type="ml.m5.large",
    )


@dataclass
class S3:
    objects: dict[str, bytes] = field(default_factory=dict)

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[f"{Bucket}/{Key}"] = Body


def test_csv_rows_are_one_file_that_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is a record, and SageMaker puts the answer at its end."""
    s3 = S3()
    monkeypatch.setattr("scripts.cloud.client", lambda _: s3)
    score.put_rows(FOLDER, ROWS, CSV)
    assert s3.objects == {"data/batch/car-evaluation-score-1/input/rows.csv": b'low,2,5more\n"a, b",2,x\n'}
    asked = asked_for(CSV)
    assert asked["TransformInput"]["SplitType"] == asked["TransformOutput"]["AssembleWith"] == "Line"
    assert asked["DataProcessing"] == {"JoinSource": "Input"}
    assert "BatchStrategy" not in asked


def test_rows_of_another_kind_are_a_file_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is no line is not cut, and its answer is found by its number."""
    s3 = S3()
    monkeypatch.setattr("scripts.cloud.client", lambda _: s3)
    image = ImageFile("image/png")
    score.put_rows(FOLDER, ["AAEC", "Cgo="], image)
    base = "data/batch/car-evaluation-score-1/input"
    assert s3.objects == {f"{base}/00000000": b"\x00\x01\x02", f"{base}/00000001": b"\n\n"}
    asked = asked_for(image)
    assert "SplitType" not in asked["TransformInput"]
    assert "DataProcessing" not in asked


def test_answers_are_what_follows_the_row() -> None:
    """A quoted field of the row is one field; an answer of several numbers stays one answer."""
    joined = 'low,2,5more,unacc\n"a, b",2,x,0.1,0.9\n'
    answers = score.answers_of(ROWS, joined, CSV)
    assert answers == ["unacc", "0.1,0.9"]
    written = score.scored(ROWS, answers)
    assert [next(csv.reader([line])) for line in written] == [
        ["low", "2", "5more", "unacc"],
        ["a, b", "2", "x", "0.1,0.9"],
    ]


@pytest.mark.parametrize("joined", ["low,2,5more,unacc\n", 'low,3,5more,unacc\n"a, b",2,x,acc\n'])
def test_an_output_of_other_rows_is_refused(joined: str) -> None:
    """A row that is missing or differs ends the command, before a file with wrong answers is written."""
    with pytest.raises(SystemExit, match=r"answered 1 rows of 2|in the place of the row"):
        score.answers_of(ROWS, joined, CSV)


def test_a_failed_job_ends_the_command_with_the_end_of_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the reason, and what the job's data log says of the record."""

    class Cloud:
        def create_transform_job(self, **_: Any) -> None: ...

        def describe_transform_job(self, **_: Any) -> dict[str, str]:
            return {"TransformJobStatus": "Failed", "FailureReason": "ClientError: See job logs for more information"}

        def describe_log_streams(self, **_: Any) -> dict[str, Any]:
            return {"logStreams": [{"logStreamName": "job/i-1-primary"}, {"logStreamName": "job/i-1/data-log"}]}

        def get_log_events(self, *, logStreamName: str, **_: Any) -> dict[str, Any]:
            return {"events": [{"message": f"{logStreamName}: rows.csv: no number\n"}]}

    monkeypatch.setattr("scripts.cloud.client", lambda _: Cloud())
    with pytest.raises(SystemExit, match=r"See job logs.*\n  job/i-1/data-log: rows\.csv: no number") as error:
        score.transform({"TransformJobName": "job"})
    assert "i-1-primary" not in str(error.value)
