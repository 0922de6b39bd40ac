"""Scoring by a schedule: which model, which files, where to, and who is told of a failure."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handover.invocations import CSV, TEXT, text_of

ROLE = "arn:aws:iam::123456789012:role/batch"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/talk/7"
CHALLENGER = "arn:aws:sagemaker:us-east-1:123456789012:model-package/talk/8"
NAME = "talk-batch-20261127-030000"
SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-11-27T03:00:00Z"}
VARIABLES = {
    "WORKLOAD": "talk",
    "JOB_PREFIX": "talk-batch-",
    "DATA_BUCKET": "data",
    "ENDPOINT_NAME": "talk-prod",
    "INVOCATION": text_of(CSV),
    "INSTANCE_TYPE": "ml.m5.large",
    "BATCH_ROLE_ARN": ROLE,
    "NOTIFICATION_TOPIC_ARN": "topic",
}


def fault(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Called")


class Aws:
    """All three services; what is created, deleted and told is kept."""

    def __init__(self, *variants: str, files: bool = True) -> None:
        self.variants = variants or ("AllTraffic",)
        self.files = files
        self.packages: dict[str, str | None] = {"AllTraffic": PACKAGE, "Challenger": CHALLENGER}
        self.models: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self.told: list[dict[str, str]] = []
        self.refuses: ClientError | None = None
        self.deployed = True

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"Bucket": "data", "Prefix": "incoming/", "MaxKeys": 1}
        return {"Contents": [{"Key": "incoming/a.csv"}]} if self.files else {}

    def describe_endpoint(self, **asked: str) -> dict[str, Any]:
        assert asked == {"EndpointName": "talk-prod"}
        if not self.deployed:
            raise fault("ValidationException", 'Could not find endpoint "talk-prod".')
        return {"EndpointConfigName": "config", "EndpointStatus": "InService"}

    def describe_endpoint_config(self, **_: str) -> dict[str, Any]:
        return {"ProductionVariants": [{"VariantName": name, "ModelName": name} for name in self.variants]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        package = self.packages[ModelName]
        return {"Containers": [{"ModelPackageName": package} if package else {"Image": "foreign"}]}

    def describe_transform_job(self, *, TransformJobName: str) -> dict[str, Any]:
        if TransformJobName not in self.jobs:
            raise fault("ValidationException", "Requested resource not found.")
        return {"TransformJobStatus": "InProgress"}

    def create_model(self, **model: Any) -> None:
        self.models[model["ModelName"]] = model

    def delete_model(self, *, ModelName: str) -> None:
        if ModelName not in self.models:
            raise fault("ValidationException", f'Could not find model "{ModelName}".')
        del self.models[ModelName]

    def create_transform_job(self, **job: Any) -> None:
        if self.refuses:
            raise self.refuses
        assert job["ModelName"] in self.models
        self.jobs[job["TransformJobName"]] = job

    def publish(self, **message: str) -> None:
        self.told.append(message)


@pytest.fixture
def called(scheduled_scores: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls the handler with an event and these services."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    def call(event: dict[str, Any], aws: Aws) -> Any:
        monkeypatch.setattr("boto3.client", lambda _: aws)
        return scheduled_scores.handle(event, None)

    return call


def ended(status: str, **more: str) -> dict[str, Any]:
    return {"source": "aws.sagemaker", "detail": {"TransformJobName": NAME, "TransformJobStatus": status, **more}}


def test_the_model_that_prod_serves_scores_what_lies_there(called: Any) -> None:
    """Name and folder follow from the time of the schedule; the job has a model of its own, with the job's role."""
    aws = Aws()
    said = called(SCHEDULED, aws)
    assert aws.models == {
        NAME: {"ModelName": NAME, "ExecutionRoleArn": ROLE, "Containers": [{"ModelPackageName": PACKAGE}]}
    }
    job = aws.jobs[NAME]
    assert job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://data/incoming/"
    assert job["TransformOutput"]["S3OutputPath"] == f"s3://data/batch/scheduled/2026/11/27/{NAME}"
    assert job["TransformResources"] == {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    assert job["DataProcessing"] == {"JoinSource": "Input"}
    assert said == {"job": NAME, "began": f"with {PACKAGE}, into s3://data/batch/scheduled/2026/11/27/{NAME}"}
    assert aws.told == []


def test_a_file_of_another_kind_is_a_request(called: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of JSON is not cut at its line breaks, and its answer stands alone."""
    monkeypatch.setenv("INVOCATION", text_of(TEXT))
    aws = Aws()
    called(SCHEDULED, aws)
    assert "SplitType" not in aws.jobs[NAME]["TransformInput"]
    assert "DataProcessing" not in aws.jobs[NAME]


def test_while_releases_compete_the_champion_scores(called: Any) -> None:
    """A challenger may be withdrawn tomorrow; its model scores nothing yet."""
    aws = Aws("Challenger", "AllTraffic")
    called(SCHEDULED, aws)
    assert aws.models[NAME]["Containers"] == [{"ModelPackageName": PACKAGE}]


def test_nothing_to_score_is_no_failure(called: Any) -> None:
    """Without files there is no job, no model and no message."""
    aws = Aws(files=False)
    assert called(SCHEDULED, aws) == {"job": NAME, "began": "no: there is nothing under s3://data/incoming/"}
    assert (aws.models, aws.jobs, aws.told) == ({}, {}, [])


def test_an_event_that_comes_twice_begins_one_job(called: Any) -> None:
    """EventBridge delivers at least once: the second call finds the job, even after its model is gone."""
    aws = Aws()
    called(SCHEDULED, aws)
    called(ended("Completed"), aws)
    assert called(SCHEDULED, aws) == {"job": NAME, "began": "no: it has begun already"}
    assert (list(aws.jobs), aws.models) == ([NAME], {})


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_at_the_end_the_model_goes_and_failures_are_told(called: Any, status: str) -> None:
    """Only a job that did not complete is told of, with its reason and its log; a second delivery changes nothing."""
    aws = Aws()
    called(SCHEDULED, aws)
    event = ended(status, FailureReason="ClientError: See job logs")
    assert called(event, aws) == {"job": NAME, "ended": status}
    assert aws.models == {}
    assert called(event, aws) == {"job": NAME, "ended": status}
    if status == "Completed":
        assert aws.told == []
    else:
        message = aws.told[0]
        assert (message["TopicArn"], message["Subject"]) == ("topic", f"talk: {NAME} ended {status}")
        assert "ClientError: See job logs\nIts log: /aws/sagemaker/TransformJobs, streams" in message["Message"]


def test_what_prod_cannot_give_is_told(called: Any) -> None:
    """Without an endpoint, or with a model that nobody has approved, no job begins, and people learn why."""
    for change, reason in (
        ({"deployed": False}, "There is no endpoint talk-prod: nothing was released to PROD yet."),
        ({"packages": {"AllTraffic": None}}, "serves a model of no package, so nobody has approved it."),
    ):
        aws = Aws()
        for name, value in change.items():
            setattr(aws, name, value)
        with pytest.raises(Exception, match=reason):
            called(SCHEDULED, aws)
        (message,) = aws.told
        assert message["Subject"] == f"talk: {NAME} could not begin"
        assert reason in message["Message"]
        assert (aws.models, aws.jobs) == ({}, {})


def test_a_job_that_is_refused_leaves_no_model(called: Any) -> None:
    """SageMaker's own words are told, the model is deleted again, and the function's run counts as failed."""
    aws = Aws()
    aws.refuses = fault("ResourceLimitExceeded", "The account-level service limit is 0 Instances")
    with pytest.raises(ClientError):
        called(SCHEDULED, aws)
    assert aws.models == {}
    assert "ClientError: An error occurred (ResourceLimitExceeded)" in aws.told[0]["Message"]
