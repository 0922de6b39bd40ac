"""A workload's training and tuning jobs, as policies name them."""

from __future__ import annotations

from aws_cdk import Stack
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
