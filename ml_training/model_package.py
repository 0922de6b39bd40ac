"""Registers a trained model with all three containers of its endpoint as a model package, pending approval."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_init.step import S3Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container of the endpoint's pipeline; they are called in order."""

    image: str
    model_data: str
    environment: Mapping[str, str]

    @classmethod
    def sparkml(cls, image: str, model_data: str, schema: Mapping[str, Any]) -> Container:
        """A SparkML serving container for an MLeap bundle, which takes and gives CSV."""
        environment = {
            "SAGEMAKER_SPARKML_SCHEMA": json.dumps(schema, separators=(",", ":")),
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
        }
        return cls(image=image, model_data=model_data, environment=environment)

    def definition(self) -> dict[str, Any]:
        return {"Image": self.image, "ModelDataUrl": self.model_data, "Environment": dict(self.environment)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """``metrics`` are the training's, by SageMaker's names; ``properties`` say where the model comes from."""

    group: str
    description: str
    containers: Sequence[Container]
    instance_type: str
    metrics: Mapping[str, float]
    properties: Mapping[str, str]


def register(sagemaker: Any, s3: Any, registration: Registration, metrics_address: S3Address) -> str:
    """Store the metrics, create the package as PendingManualApproval; its ARN."""
    body = json.dumps({"metrics": registration.metrics, **registration.properties}, indent=2).encode()
    s3.put_object(Bucket=metrics_address.bucket, Key=metrics_address.key, Body=body, ContentType="application/json")
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=registration.group,
        ModelPackageDescription=registration.description,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container.definition() for container in registration.containers],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": [registration.instance_type],
        },
        ModelMetrics={
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": str(metrics_address)}}
        },
        CustomerMetadataProperties=dict(registration.properties),
    )["ModelPackageArn"]
    return arn
