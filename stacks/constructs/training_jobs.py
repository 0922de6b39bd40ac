"""A workload's training and tuning jobs, as policies name them."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from handover.names import tuning_job_base

from constructs import Construct
from stacks.specs import Workload

NAMED_BY_EXECUTION = "SageMaker lets a training job's name be used once: each has its execution's"


def training_jobs_arn(scope: Construct, workload: Workload) -> str:
    """All jobs of the workload, whichever execution starts them."""
    return Stack.of(scope).format_arn(
        service="sagemaker", resource="training-job", resource_name=f"{workload.dashed_name}-*"
    )


def tuning_jobs_arn(scope: Construct, workload: Workload) -> str:
    """All tuning jobs of the workload."""
    return Stack.of(scope).format_arn(
        service="sagemaker",
        resource="hyper-parameter-tuning-job",
        resource_name=f"{tuning_job_base(workload.dashed_name)}-*",
    )


def training_log_arn(scope: Construct) -> str:
    """The log group of all training jobs of the account, as policies name it for its list of streams."""
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name="/aws/sagemaker/TrainingJobs:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def training_log_streams_arn(scope: Construct, workload: Workload) -> str:
    """The logs of the workload's jobs: a stream is named after its job and its host."""
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"/aws/sagemaker/TrainingJobs:log-stream:{workload.dashed_name}-*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
