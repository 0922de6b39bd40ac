"""The events that SageMaker sends: state changes of endpoints, training, tuning and transform jobs, packages."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_PACKAGE_STATES = ("ModelPackageStatus", "ModelApprovalStatus")


def announce_endpoints(cloud: Cloud) -> None:
    """Announces an endpoint's status. The last one is ``DELETING``."""

    def changed(_: str, before: Document | None, after: Document | None) -> None:
        if after is not None and (before is None or before["EndpointStatus"] != after["EndpointStatus"]):
            # Where the API says InService, events say IN_SERVICE.
            status = re.sub(r"(?<!^)(?=[A-Z])", "_", after["EndpointStatus"]).upper()
            _tell(cloud, "Endpoint", after | {"EndpointStatus": status}, after["EndpointArn"])

    cloud.store.table("sagemaker.endpoints").watch(changed)


def announce_training_jobs(cloud: Cloud) -> None:
    """Announces a job's status and its secondary status, which changes more often."""

    def changed(_: str, before: Document | None, after: Document | None) -> None:
        states = ("TrainingJobStatus", "SecondaryStatus")
        if after is not None and (before is None or any(before[name] != after[name] for name in states)):
            _tell(cloud, "Training Job", after, after["TrainingJobArn"])

    cloud.store.table("sagemaker.training_jobs").watch(changed)


def announce_tuning_jobs(cloud: Cloud) -> None:
    """Announces a tuning job's status."""

    def changed(_: str, before: Document | None, after: Document | None) -> None:
        name = "HyperParameterTuningJobStatus"
        if after is not None and (before is None or before[name] != after[name]):
            document = {key: value for key, value in after.items() if not key.startswith("_")}
            _tell(cloud, "HyperParameter Tuning Job", document, after["HyperParameterTuningJobArn"])

    cloud.store.table("sagemaker.tuning_jobs").watch(changed)


def announce_transform_jobs(cloud: Cloud) -> None:
    """Announces a transform job's status."""

    def changed(_: str, before: Document | None, after: Document | None) -> None:
        name = "TransformJobStatus"
        if after is not None and (before is None or before[name] != after[name]):
            _tell(cloud, "Transform Job", after, after["TransformJobArn"])

    cloud.store.table("sagemaker.transform_jobs").watch(changed)


def announce_model_packages(cloud: Cloud) -> None:
    """Announces each new package, and every change of its status or approval."""

    def changed(_: str, before: Document | None, after: Document | None) -> None:
        if after is None:
            return
        updated = [name for name in _PACKAGE_STATES if before is not None and before[name] != after[name]]
        if before is None or updated:
            document = {name: value for name, value in after.items() if name != "CreatedBy"}
            name = f"{after['ModelPackageGroupName']}/{after['ModelPackageVersion']}"
            detail = document | {"ModelPackageName": name, "UpdatedModelPackageFields": updated}
            _tell(cloud, "Model Package", detail, after["ModelPackageArn"])

    cloud.store.table("sagemaker.model_packages").watch(changed)


def _tell(cloud: Cloud, what: str, document: Document, arn: str) -> None:
    cloud.events.emit("aws.sagemaker", f"SageMaker {what} State Change", _plain(document), resources=[arn])


def _plain(value: Any) -> Any:
    """Times in milliseconds, as SageMaker's events have them."""
    if isinstance(value, datetime):
        return value.timestamp() * 1000
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
