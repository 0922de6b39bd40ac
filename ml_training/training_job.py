"""Runs a training job, and waits for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ml_steps.running import StepError, polls, say
from ml_training.hyperparameters import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

    from handover.data import SideChannel
    from ml_training.training import Source

REPORT_EVERY_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingJob:
    """The job's algorithm, inputs and output. ``channels``: channel name → S3 prefix of its rows."""

    base_name: str
    image: str
    role_arn: str
    hyperparameters: Mapping[str, Any]
    channels: Mapping[str, str]
    content_type: str
    bucket: str
    output: str
    instance_type: str
    volume_gb: int
    max_runtime_seconds: int
    instance_count: int = 1
    #: What training reads besides rows, such as a vocabulary: channel name → where and what it is.
    side_channels: Mapping[str, SideChannel] = field(default_factory=dict)
    #: Encrypts the instances' volumes and the model; None: AWS's own keys do.
    key_arn: str | None = None
    #: The program that the job brings, and the prefix in the bucket under which the SDK makes its folder.
    source: Source | None = None
    code: str = ""
    #: The metrics that the program reports: name → regular expression.
    metrics: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedModel:
    job_name: str
    model_data: str
    metrics: Mapping[str, float]
    #: How SageMaker finds the metrics in the job's log: name → regular expression. A built-in algorithm may tell none.
    definitions: Mapping[str, str] = field(default_factory=dict)


def train(job: TrainingJob, session: boto3.Session) -> TrainedModel:
    """Train to the end. StepError with the job's failure reason; stopping the step stops its job."""
    client = session.client("sagemaker")
    name = _start(job, session)
    say(f"  training job {name}")
    try:
        described = _wait(client, name)
    except (KeyboardInterrupt, SystemExit):
        client.stop_training_job(TrainingJobName=name)
        say(f"  stopped training job {name}")
        raise
    return described_model(described)


def described_model(described: Mapping[str, Any]) -> TrainedModel:
    """The model of a completed job, from the answer of DescribeTrainingJob."""
    metrics = {entry["MetricName"]: float(entry["Value"]) for entry in described.get("FinalMetricDataList", [])}
    definitions = described.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    return TrainedModel(
        job_name=described["TrainingJobName"],
        model_data=described["ModelArtifacts"]["S3ModelArtifacts"],
        metrics=dict(sorted(metrics.items())),
        definitions={entry["Name"]: entry["Regex"] for entry in definitions},
    )


def inputs(job: TrainingJob) -> list[tuple[str, str, str]]:
    """Name, prefix and content type of each channel."""
    rows = [(name, prefix, job.content_type) for name, prefix in job.channels.items()]
    return [*rows, *((name, side.prefix, side.content_type) for name, side in job.side_channels.items())]


def _start(job: TrainingJob, session: boto3.Session) -> str:
    """The SDK brings a job's program. For any other, one request is enough, and the SDK takes seconds to import."""
    if job.source is not None:
        from ml_training import script_job

        return script_job.start(job, session)
    asked = request(job, f"{job.base_name}-{datetime.now(UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:4]}")
    session.client("sagemaker").create_training_job(**asked)
    return str(asked["TrainingJobName"])


def request(job: TrainingJob, name: str) -> dict[str, Any]:
    """CreateTrainingJob's parameters, as the SDK's ModelTrainer makes them of a job without a program of its own."""
    volume, model = ({"VolumeKmsKeyId": job.key_arn}, {"KmsKeyId": job.key_arn}) if job.key_arn else ({}, {})
    metrics = [{"Name": metric, "Regex": regex} for metric, regex in job.metrics.items()]
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": job.image,
            "TrainingInputMode": "File",
            **({"MetricDefinitions": metrics} if metrics else {}),
        },
        "HyperParameters": {key: as_text(value) for key, value in job.hyperparameters.items()},
        "RoleArn": job.role_arn,
        "InputDataConfig": [_channel(*each) for each in inputs(job)],
        "OutputDataConfig": {"S3OutputPath": job.output, "CompressionType": "GZIP", **model},
        "ResourceConfig": {
            "InstanceType": job.instance_type,
            "InstanceCount": job.instance_count,
            "VolumeSizeInGB": job.volume_gb,
            **volume,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": job.max_runtime_seconds},
    }


def _channel(name: str, prefix: str, content_type: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": prefix, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": content_type, "DataSource": {"S3DataSource": source}}


def _wait(client: Any, name: str) -> dict[str, Any]:
    said, said_at = "", 0.0
    for elapsed in polls():
        described: dict[str, Any] = client.describe_training_job(TrainingJobName=name)
        status = described["TrainingJobStatus"]
        state = f"{status} ({described.get('SecondaryStatus', '')})"
        if state != said or elapsed - said_at > REPORT_EVERY_SECONDS:
            say(f"  {elapsed:6.1f} s {state}")
            said, said_at = state, elapsed
        if status == "Completed":
            break
        if status in {"Failed", "Stopped"}:
            reason = described.get("FailureReason", "it gave no reason; see the log group /aws/sagemaker/TrainingJobs")
            raise StepError(f"The training job {name} ended {status}: {reason}")
    return described
