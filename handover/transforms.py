"""What is asked of a batch transform: the request for a job that scores the files under a prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handover.addresses import S3Address
    from handover.invocations import Invocation


def in_one_file(invocation: Invocation) -> bool:
    """Whether a row is a line of a request: then a file holds many rows. Other rows are a file each."""
    return invocation.content_type == "text/csv"


def transform_job(
    name: str, *, source: S3Address, target: S3Address, invocation: Invocation, instance_type: str
) -> dict[str, Any]:
    """The request of CreateTransformJob, for a model of the job's own name. Lines come back with their answers.

    ``source``: the prefix of the files; ``target``: the folder of their answers, ``<file>.out`` each. The container
    says how many records it takes at a time.
    """
    given: dict[str, Any] = {
        "TransformJobName": name,
        "ModelName": name,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": str(source)}},
            "ContentType": invocation.content_type,
        },
        "TransformOutput": {"S3OutputPath": str(target), "Accept": invocation.accept},
        "TransformResources": {"InstanceType": instance_type, "InstanceCount": 1},
    }
    if in_one_file(invocation):
        given["TransformInput"]["SplitType"] = "Line"
        given["TransformOutput"]["AssembleWith"] = "Line"
        given["DataProcessing"] = {"JoinSource": "Input"}
    return given
