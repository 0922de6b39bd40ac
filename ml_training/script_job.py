"""A training job that brings its own program: the sagemaker SDK's ModelTrainer uploads it, with its drivers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from ml_steps.objects import put_once
from ml_steps.running import StepError
from ml_training.training_job import inputs

if TYPE_CHECKING:
    import boto3

    from ml_training.training_job import TrainingJob

TELEMETRY_OFF = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


def model_trainer(job: TrainingJob, session: boto3.Session) -> Any:
    """The SDK's ModelTrainer for this job."""
    # The SDK's own check of the role requires eleven wildcard grants, such as ec2:DescribeVpcs on everything, so it
    # refuses every role of least privilege. SageMaker checks the role itself when the job starts.
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, MetricDefinition, OutputDataConfig, StoppingCondition

    class Trainer(ModelTrainer):  # type: ignore[misc]  # the SDK is installed only where the step runs
        def _resolve_staging_bucket(self) -> tuple[str, None]:
            """Otherwise the SDK simulates the training role's policies before each upload; the step's role may not."""
            return job.bucket, None

    # The SDK treats None differently from an omitted argument.
    volume, model = ({"volume_kms_key_id": job.key_arn}, {"kms_key_id": job.key_arn}) if job.key_arn else ({}, {})
    trainer = Trainer(
        training_image=job.image,
        base_job_name=job.base_name,
        role=job.role_arn,
        hyperparameters=dict(job.hyperparameters),
        compute=Compute(
            instance_type=job.instance_type,
            instance_count=job.instance_count,
            volume_size_in_gb=job.volume_gb,
            **volume,
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=job.max_runtime_seconds),
        output_data_config=OutputDataConfig(s3_output_path=job.output, **model),
        sagemaker_session=_sdk_session(job.bucket, session),
        **_program(job),
    )
    if job.metrics:
        trainer.with_metric_definitions(
            [MetricDefinition(name=name, regex=regex) for name, regex in job.metrics.items()]
        )
    return trainer


def _program(job: TrainingJob) -> dict[str, Any]:
    """The trainer's arguments for the program that the job brings."""
    from sagemaker.train.configs import SourceCode

    if job.source is None:
        return {}
    requirements = {"requirements": job.source.requirements} if job.source.requirements else {}
    source = SourceCode(source_dir=str(job.source.folder), entry_script=job.source.entry, **requirements)
    return {"source_code": source, "input_s3_key_prefix": job.code.rstrip("/")}


def start(job: TrainingJob, session: boto3.Session) -> str:
    """Start the job by the SDK's own drivers; return its name."""
    trainer = model_trainer(job, session)
    from sagemaker.train.configs import InputData, S3DataSource

    def channel(prefix: str) -> Any:
        return S3DataSource(s3_data_type="S3Prefix", s3_uri=prefix, s3_data_distribution_type="FullyReplicated")

    trainer.train(
        input_data_config=[
            InputData(channel_name=name, data_source=channel(prefix), content_type=content_type)
            for name, prefix, content_type in inputs(job)
        ],
        wait=False,
        logs=False,
    )
    name: str = trainer._latest_training_job.training_job_name  # noqa: SLF001  (the SDK has no public way to it)
    return name


def _sdk_session(bucket: str, session: boto3.Session) -> Any:
    """The SDK's session, with what the step's role may do.

    It does not look at the bucket before it uploads a job's program, does so file by file, and overwrites none.
    """
    from sagemaker.core.helper.session_helper import Session

    class WriteOnce(Session):  # type: ignore[misc]  # the SDK has no types here
        def default_bucket(self) -> str:
            return bucket

        def upload_data(self, path: str, bucket: str, key_prefix: str, **_: Any) -> str:
            """The bucket encrypts by itself."""
            upload_folder(session.client("s3"), Path(path), S3Address(bucket=bucket, key=key_prefix))
            return f"s3://{bucket}/{key_prefix}"

    return WriteOnce(
        # Without a bucket of its own, it would create the account-wide default one.
        boto_session=session,
        sagemaker_client=session.client("sagemaker"),
        default_bucket=bucket,
        sagemaker_config=TELEMETRY_OFF,
    )


def upload_folder(s3: Any, folder: Path, address: S3Address) -> None:
    """Store the files of a folder. StepError if an object is there already."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = address / path.relative_to(folder).as_posix()
        if not put_once(s3, target, path.read_bytes()):
            raise StepError(f"{target} is there already: another job has brought it.")
