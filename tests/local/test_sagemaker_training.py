"""Training jobs, by boto3."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, HYPERPARAMETERS, REGISTRY, SPARKML, World

if TYPE_CHECKING:
    from tests.clouds import LocalCloud


pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(sagemaker_world: World) -> World:
    sagemaker_world.put_features()
    return sagemaker_world


@pytest.fixture(scope="module")
def trained(world: World) -> dict[str, Any]:
    """The job ``trains`` at its end: one for all tests that ask what a job has left behind."""
    return world.train("trains", Tags=[{"Key": "commit", "Value": "abc"}])


def test_a_job_trains_and_reports(world: World, trained: dict[str, Any]) -> None:
    """A job goes through its states and ends with an artifact, metrics and a log."""
    job = trained
    assert job["TrainingJobStatus"] == "Completed", job
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert metrics.keys() == {"train:mlogloss", "validation:mlogloss"}
    assert 0 < metrics["validation:mlogloss"] < 0.5
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/trains/output/model.tar.gz"
    body = world.s3.get_object(Bucket=BUCKET, Key="models/trains/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert tar.getnames() == ["xgboost-model"]
    group = "/aws/sagemaker/TrainingJobs"
    streams = world.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="trains/algo-1-")
    stream = streams["logStreams"][0]["logStreamName"]
    events = world.logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    assert any(event["message"].startswith("[0]#011train-mlogloss:") for event in events)
    assert world.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "commit", "Value": "abc"}]


@pytest.mark.usefixtures("trained")
def test_metrics_are_in_cloudwatch(world: World) -> None:
    """Each metric is in /aws/sagemaker/TrainingJobs under the job's host."""
    found = world.cloud.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")["Metrics"]
    named = {m["MetricName"] for m in found if "trains/algo-1" in [each["Value"] for each in m["Dimensions"]]}
    assert named == {"train:mlogloss", "validation:mlogloss"}


@pytest.mark.parametrize(
    ("name", "hyperparameters", "reason"),
    [
        ("unknown-hp", {"num_rounds": "5"}, "ClientError: Extraneous hyperparameter found: num_rounds, exit code: 1"),
        ("bad-hp", {"eta": "2"}, "ClientError: Hyperparameter eta: 2.0 is not in"),
        ("bad-labels", {"num_class": "2"}, "in the range of [0, num_class)"),
    ],
)
def test_a_wrong_hyperparameter_fails_the_job(world: World, name: str, hyperparameters: dict, reason: str) -> None:
    """The failure reason names the hyperparameter, the value and what is allowed."""
    job = world.train(name, HyperParameters=HYPERPARAMETERS | hyperparameters)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
    assert job["SecondaryStatusTransitions"][-1]["Status"] == "Failed"


def test_training_data_that_is_no_table_fails_the_job(world: World) -> None:
    """The failure reason names the file."""
    uri = world.put("bad/train/part-0.csv", "# rows\n0,1,2\n")
    job = world.train("bad-data", InputDataConfig=[world.channel("train", uri.rpartition("/")[0] + "/")])
    assert job["TrainingJobStatus"] == "Failed"
    assert "ClientError: Failed to load csv data" in job["FailureReason"]
    assert "part-0.csv" in job["FailureReason"]


def test_an_empty_channel_fails_the_job(world: World) -> None:
    """A prefix without objects is the user's fault, and the reason names it."""
    uri = f"s3://{BUCKET}/nothing/here/"
    job = world.train("empty-channel", InputDataConfig=[world.channel("train", uri)])
    assert job["TrainingJobStatus"] == "Failed"
    assert f'ClientError: No S3 objects found under S3 URL "{uri}"' in job["FailureReason"]


def test_a_job_can_be_stopped(world: World) -> None:
    """StopTrainingJob ends the program; the job is Stopped, and cannot be stopped again."""
    long = HYPERPARAMETERS | {"num_round": "100000", "early_stopping_rounds": "100000"}
    world.sagemaker.create_training_job(**world.training("stopped", HyperParameters=long))
    world.until_it_trains("stopped")
    world.sagemaker.stop_training_job(TrainingJobName="stopped")
    job = world.wait_for_training("stopped")
    assert job["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="in status Stopped"):
        world.sagemaker.stop_training_job(TrainingJobName="stopped")


def test_a_job_ends_at_its_maximum_runtime(world: World) -> None:
    """MaxRuntimeInSeconds stops the job with the secondary status MaxRuntimeExceeded."""
    long = HYPERPARAMETERS | {"num_round": "100000", "early_stopping_rounds": "100000"}
    job = world.train("too-long", HyperParameters=long, StoppingCondition={"MaxRuntimeInSeconds": 2})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_what_is_not_supported_is_refused_by_name(world: World) -> None:
    """Unknown images, images that cannot train, several instances, pipe mode and script mode are each named."""
    refused = [
        ({"AlgorithmSpecification": {"TrainingImage": f"{REGISTRY}/lda:1", "TrainingInputMode": "File"}}, "lda:1"),
        ({"AlgorithmSpecification": {"TrainingImage": SPARKML, "TrainingInputMode": "File"}}, "sparkml-serving"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}},
            "InstanceCount 2 and the image .*sagemaker-xgboost:3.2-0, which trains on one host",
        ),
        ({"HyperParameters": {"sagemaker_program": "train.py"}}, "sagemaker_program of SDK version 2 and the image"),
        ({"CheckpointConfig": {"S3Uri": "s3://x/y"}}, "CheckpointConfig"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "VpcConfig"),
    ]
    for changes, named in refused:
        with pytest.raises(ClientError, match=named) as error:
            world.sagemaker.create_training_job(**world.training("refused", **changes))
        assert error.value.response["Error"]["Code"] == "NotImplemented"
    with pytest.raises(ClientError, match="Requested resource not found"):
        world.sagemaker.describe_training_job(TrainingJobName="refused")


@pytest.mark.usefixtures("trained")
def test_a_name_is_used_once(world: World) -> None:
    """A second job of the same name is refused; listing finds the first by its name."""
    with pytest.raises(ClientError, match="must be unique"):
        world.sagemaker.create_training_job(**world.training("trains"))
    found = world.sagemaker.list_training_jobs(NameContains="trains", StatusEquals="Completed")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in found] == ["trains"]


@pytest.mark.usefixtures("trained")
def test_nothing_of_a_job_is_left(local_cloud: LocalCloud) -> None:
    """The working folder of an ended job is gone."""
    assert not list((local_cloud.home / "work" / "sagemaker-training").glob("trains*"))
