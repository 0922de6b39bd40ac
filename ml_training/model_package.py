"""Registers a trained model, with all the containers of its endpoint, as a model package that waits for approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.documents import to_json
from handover.packages import PENDING
from ml_steps.objects import put_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.addresses import S3Address
    from handover.invocations import Invocation
    from handover.packages import Training
    from ml_training.containers import Container


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """The content of a new package. ``lineage`` is the origin of the model, with its metrics."""

    group: str
    description: str
    containers: Sequence[Container]
    invocation: Invocation
    instance_type: str
    lineage: Training


def register(sagemaker: Any, s3: Any, registration: Registration, metrics_address: S3Address) -> str:
    """Store the metrics, and create the package as PendingManualApproval. Returns its ARN."""
    lineage = registration.lineage
    properties = lineage.properties()
    body = to_json({"metrics": dict(lineage.metrics), **properties}).encode()
    put_once(s3, metrics_address, body, "application/json")
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=registration.group,
        ModelPackageDescription=registration.description,
        ModelApprovalStatus=PENDING,
        InferenceSpecification={
            "Containers": [container.definition() for container in registration.containers],
            "SupportedContentTypes": [registration.invocation.content_type],
            "SupportedResponseMIMETypes": [registration.invocation.accept],
            "SupportedRealtimeInferenceInstanceTypes": [registration.instance_type],
        },
        ModelMetrics={
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": str(metrics_address)}}
        },
        CustomerMetadataProperties=properties,
    )["ModelPackageArn"]
    return arn
