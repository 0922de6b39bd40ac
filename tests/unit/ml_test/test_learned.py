"""How the gate finds out what a model has learned from: package, model, training job, channels, rows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ml_init.row_identity import hash_of
from tests.unit.ml_test.test_evaluate import BEFORE, CHAMPION, Aws, gate, refused, report_of, training_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.ml_test.conftest import TestRows

Gate = Callable[[Aws], dict[str, Any]] if TYPE_CHECKING else Any


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """The report of the gate's program on these services."""

    def run(aws: Aws, execution: str = "e1") -> dict[str, Any]:
        monkeypatch.setenv("PIPELINE_EXECUTION_ID", execution)
        gate(aws, tmp_path, monkeypatch)
        return report_of(aws, execution)

    return run


def channels(**changes: Any) -> list[dict[str, Any]]:
    """The challenger's channels, with changes to the first."""
    first, *others = training_job()["InputDataConfig"]
    return [first | changes, *others]


def at(uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    return {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}


def test_what_the_challenger_learned_is_found_and_kept(rows: TestRows, judged: Gate) -> None:
    """Its rows are stored under their hash, which the report names: the next release reads them there."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(2))
    report = judged(aws)
    assert report["verdict"] == "PROMOTE"
    assert report["learned_rows_sha256"] == hash_of(rows.to_learn)
    kept = aws.stored[f"gate/rows/{report['learned_rows_sha256']}.txt"].decode().split()
    assert kept == sorted(rows.to_learn)
    assert report["learning"] == {
        "test_rows": 289,
        "learned_by_challenger": 0,
        "learned_by_champion": 0,
        "comparable": 289,
        "unknown": "",
        "champion_unknown": "",
        "foreign": 0,
        "champion_rows": 289,
        "champion_rows_gone": 0,
    }


def test_a_program_that_the_job_brings_is_no_rows(rows: TestRows, judged: Gate) -> None:
    """The channels of a program are passed over where only the training step can write, and the rows are found."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(2))
    place = "s3://data/code/car_evaluation/jobs/car-evaluation-1/input"
    program = [{"ChannelName": name, "DataSource": at(f"{place}/{name}")} for name in ("code", "sm_drivers")]
    aws.job = training_job(InputDataConfig=[*channels(), *program])
    assert judged(aws)["learned_rows_sha256"] == hash_of(rows.to_learn)


def test_the_next_release_finds_the_rows_of_this_one(rows: TestRows, judged: Gate) -> None:
    """A release that was judged here is a champion whose rows are known."""
    aws = Aws(rows, rows.with_mistakes(1))
    judged(aws)
    aws.champion_properties = aws.package["CustomerMetadataProperties"]
    aws.answers["prod"] = aws.answers["qa"]
    report = judged(aws, "e2")
    assert report["verdict"] == "PROMOTE"
    assert (report["learning"]["comparable"], report["learning"]["champion_rows"]) == (289, 289)


def test_a_perfect_score_on_learned_rows_is_not_promoted(rows: TestRows, judged: Gate) -> None:
    """Test rows lie among the training rows: they are found there, whoever put them, and left out."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(2))
    dataset_rows = [request.split(",") for request in rows.requests[:40]]
    lines = [written(features, label) for features, label in zip(dataset_rows, rows.truth, strict=False)]
    aws.stored["features/1/train/rows.csv"] += ("\n" + "\n".join(lines)).encode()
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"] == (
        "The new model has learned 40 of the 289 test rows; "
        "40 of 289 test rows are left out: 40 the new model had learned"
    )
    assert report["gains"][0]["rows"] == 249
    assert aws.package["ModelApprovalStatus"] == "PendingManualApproval"


def written(features: list[str], label: str) -> str:
    """A row as training reads it."""
    from tests.unit.ml_init.test_training_rows import CAR, RANKS

    return RANKS.written((*features, label), CAR)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ModelArtifacts": {"S3ModelArtifacts": "s3://data/models/x"}}, "made s3://data/models/x, and not s3://data/"),
        ({"ModelArtifacts": {}}, "made None, and not s3://data/models/car-evaluation-1/output/model.tar.gz"),
        ({"InputDataConfig": []}, "the training job car-evaluation-1 has no channels"),
        (
            {"InputDataConfig": channels(ChannelName="code", DataSource=at("s3://data/code/other/jobs/j/input/code"))},
            "reads its channel code from s3://data/code/other/jobs/j/input/code",
        ),
        (
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "code",
                        "DataSource": at("s3://data/code/car_evaluation/jobs/j/input/code"),
                    }
                ]
            },
            "has no channels with rows",
        ),
        ({"CheckpointConfig": {"S3Uri": "s3://data/models/c"}}, "has a CheckpointConfig"),
        (
            {"InputDataConfig": channels(DataSource=at("s3://data/raw/b703"))},
            "reads its channel train from s3://data/raw/b",
        ),
        (
            {"InputDataConfig": channels(DataSource=at("s3://mine/features/1"))},
            "channel train from s3://mine/features/1",
        ),
        ({"InputDataConfig": channels(DataSource=at("s3://data/features/m", "ManifestFile"))}, "s3://data/features/m,"),
        ({"InputDataConfig": channels(DataSource={"FileSystemDataSource": {}})}, "from no prefix in S3, expected"),
        ({"InputDataConfig": channels(ContentType="text/libsvm")}, "reads text/libsvm"),
        ({"InputDataConfig": channels(CompressionType="Gzip")}, "unpacks its channel train"),
        ({"InputDataConfig": channels(DataSource=at("s3://data/features/9/"))}, "no rows under s3://data/features/9/"),
    ],
)
def test_a_job_that_cannot_be_followed_is_held(rows: TestRows, judged: Gate, change: dict[str, Any], why: str) -> None:
    """The reason says where the way to the rows ends; the answers are judged all the same."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(2))
    aws.job = training_job(**change)
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith("It is not known what the new model learned from: ")
    assert why in report["reason"]
    assert (report["learned_rows_sha256"], len(report["gains"])) == ("", 2)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("s3://data/models/copied/model.tar.gz", "is no model of a training job of this pipeline"),
        ("s3://mine/models/car-evaluation-1/output/model.tar.gz", "is no model of a training job of this pipeline"),
        ("s3://data/models/other-7/output/model.tar.gz", "Requested resource not found"),
        ("s3://data/features/1/preprocess/model.tar.gz", "the package has no model"),
    ],
)
def test_a_model_of_no_job_of_this_pipeline_is_held(rows: TestRows, judged: Gate, address: str, why: str) -> None:
    """A model that was brought from elsewhere may have learned anything."""
    aws = Aws(rows, rows.truth)
    aws.model = address
    aws.stored[address.removeprefix("s3://data/")] = b"trees"
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert why in report["reason"]


def test_rows_that_cannot_be_read_back_are_held(rows: TestRows, judged: Gate) -> None:
    """A file of another form among the channels' files is named with its fault."""
    aws = Aws(rows, rows.truth)
    aws.stored["features/1/train/more.csv"] = b"a picture"
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert (
        "the rows under s3://data/features/1/train/ cannot be read back: acceptability is 'a picture'"
        in report["reason"]
    )


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(59, "PROMOTE"), (61, "HOLD")], ids=["before the job", "after it began"]
)
def test_rows_that_were_taken_away_after_the_training_are_missed(
    rows: TestRows, judged: Gate, seconds: int, verdict: str
) -> None:
    """What is there now is what the job has read, or nobody knows what it has read: S3 keeps a deletion, too."""
    aws = Aws(rows, rows.truth)
    aws.deleted["features/1/train/test-rows.csv"] = BEFORE + timedelta(seconds=seconds)
    report = judged(aws)
    assert report["verdict"] == verdict
    said = "features/1/train/test-rows.csv was written or deleted after the training job car-evaluation-1 began"
    assert (said in report["reason"]) == (verdict == "HOLD")


def test_a_gate_that_may_not_describe_the_job_holds(rows: TestRows, judged: Gate) -> None:
    """A refusal is not taken for innocence."""
    aws = Aws(rows, rows.truth)

    def refuse(**_: Any) -> None:
        raise refused("AccessDeniedException", "not authorized to perform: sagemaker:DescribeTrainingJob")

    aws.describe_training_job = refuse  # type: ignore[assignment]
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert "not authorized to perform: sagemaker:DescribeTrainingJob" in report["reason"]


def older(aws: Aws) -> None:
    """The champion's report is of a gate that kept no rows."""
    report = json.loads(aws.stored["gate/e0/gate.json"])
    del report["learned_rows_sha256"], report["test_rows_sha256"]
    keep(aws, report)


def altered(aws: Aws) -> None:
    """The champion's rows are others than those of their hash."""
    report = json.loads(aws.stored["gate/e0/gate.json"])
    aws.stored[f"gate/rows/{report['learned_rows_sha256']}.txt"] = b"0123456789abcdef\n"


def lost(aws: Aws) -> None:
    """The champion's rows are gone."""
    report = json.loads(aws.stored["gate/e0/gate.json"])
    del aws.stored[f"gate/rows/{report['learned_rows_sha256']}.txt"]


def test_a_champion_whose_test_rows_are_gone_is_held(rows: TestRows, judged: Gate) -> None:
    """The set of rows that it was judged by is no longer there: nobody can tell what the push has dropped."""
    aws = Aws(rows, rows.truth, champion=rows.with_mistakes(2))
    del aws.stored[f"gate/rows/{hash_of(rows.identities)}.txt"]
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith("It is not known which rows the champion was judged by")


def keep(aws: Aws, report: dict[str, Any]) -> None:
    """The report as the champion's, with its hash."""
    import hashlib

    aws.stored["gate/e0/gate.json"] = json.dumps(report).encode()
    digest = hashlib.sha256(aws.stored["gate/e0/gate.json"]).hexdigest()
    aws.champion_properties |= {"gate_report_sha256": digest}


@pytest.mark.parametrize("fault", [older, lost])
def test_a_champion_whose_rows_are_not_known_is_held_once(
    rows: TestRows, judged: Gate, fault: Callable[[Aws], None]
) -> None:
    """It is not compared with; a person decides by what the new model shows for itself, whose rows are kept."""
    aws = Aws(rows, rows.with_mistakes(2), champion=rows.truth)
    fault(aws)
    report = judged(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith(
        f"It is not known what the champion learned from: the report of {CHAMPION} leads to no such rows"
    )
    assert report["gains"] == []
    aws.champion_properties = aws.package["CustomerMetadataProperties"]
    assert judged(aws, "e2")["verdict"] == "PROMOTE"


def test_altered_rows_of_the_champion_are_held(rows: TestRows, judged: Gate) -> None:
    """The gate does not write over them: who altered them is for a person to find out."""
    aws = Aws(rows, rows.with_mistakes(2), champion=rows.truth)
    altered(aws)
    before = dict(aws.stored)
    assert judged(aws)["verdict"] == "HOLD"
    assert {key: aws.stored[key] for key in before} == before
