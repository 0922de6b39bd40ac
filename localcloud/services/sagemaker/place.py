"""The place of a container: an instance of an endpoint or a transform job, a host of a training job.

Its log is named after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    owner: str
    """The name of the endpoint or the job."""
    log_group: str
    log_stream: str
    described: str
    """The part of the owner, in AWS's words, such as ``production variant blue``."""
    kind: str
    """The kind of the owner, in AWS's words, such as ``endpoint``."""

    @classmethod
    def of_endpoint(cls, endpoint: str, variant: str, instance: str, container: str) -> Place:
        return cls(
            owner=endpoint,
            log_group=f"/aws/sagemaker/Endpoints/{endpoint}",
            log_stream=f"{variant}/{instance}-{container}",
            described=f"production variant {variant}",
            kind="endpoint",
        )

    @classmethod
    def of_training_job(cls, job: Document, host: str) -> Place:
        name = job["TrainingJobName"]
        return cls(
            owner=name,
            log_group="/aws/sagemaker/TrainingJobs",
            log_stream=f"{name}/{host}-{int(job['CreationTime'].timestamp())}",
            described=f"host {host}",
            kind="training job",
        )

    @classmethod
    def of_transform_job(cls, job: str, instance: str, container: str) -> Place:
        return cls(
            owner=job,
            log_group="/aws/sagemaker/TransformJobs",
            log_stream=f"{job}/{instance}-{container}",
            described=f"instance {instance}",
            kind="transform job",
        )
