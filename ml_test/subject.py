"""What is judged: the package that QA serves, the versions of the objects that its containers read, and its images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from handover.gate_report import JudgedObject
from handover.packages import artifacts, version_of
from handover.serving import serving, serving_fault
from handover.versions import newest, replaced
from ml_steps.running import StepError, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from handover.addresses import S3Address
    from handover.serving import Variant

_CHUNK_BYTES = 1 << 20


class RefusedError(StepError):
    """What QA serves is not what the package names, or must not be served at all. It is never released."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """``images``: as QA runs them, with their digests where SageMaker shows them."""

    objects: tuple[JudgedObject, ...]
    images: tuple[str, ...]

    @classmethod
    def find(
        cls, sagemaker: Any, s3: Any, *, endpoint: str, package: Mapping[str, Any], allowed: Collection[str]
    ) -> Self:
        """What the endpoint serves of this package, which is as DescribeModelPackage answers.

        ``allowed``: the URIs of the workload's images. RefusedError if QA serves anything else.
        """
        _check_images(package, allowed)
        variant = _only_variant(sagemaker, endpoint, package)
        made = sagemaker.describe_model(ModelName=variant.model_name)["CreationTime"]
        objects = tuple(_loaded(s3, address, made) for address in artifacts(package))
        for each in objects:
            say(f"  QA has {each.address}, version {each.version_id}, SHA-256 {each.sha256[:16]}…")
        return cls(objects=objects, images=variant.resolved)

    def check_unchanged(self, s3: Any) -> None:
        """RefusedError if an object was replaced since it was found: the new one was not judged."""
        for each, now in replaced(s3, self.objects):
            raise RefusedError(
                f"{each.address} was replaced while the gate judged it: version {each.version_id} was asked, and "
                f"{now} is there now. Only the training step writes it, once: find out who did this."
            )


def _check_images(package: Mapping[str, Any], allowed: Collection[str]) -> None:
    for container in package["InferenceSpecification"]["Containers"]:
        if container["Image"] not in allowed:
            raise RefusedError(
                f"The package {package['ModelPackageArn']} names the image {container['Image']}, which is none of this "
                f"workload's: {', '.join(sorted(allowed))}. They stand in stacks/workloads.py; a person deploys them."
            )


def _only_variant(sagemaker: Any, endpoint: str, package: Mapping[str, Any]) -> Variant:
    """QA's only variant, which serves this very package."""
    found = serving(sagemaker, endpoint)
    if found.status != "InService" or len(found.variants) != 1:
        names = ", ".join(each.name for each in found.variants)
        raise RefusedError(f"QA's endpoint {endpoint} is {found.status} with the variants {names}: expected one.")
    (variant,) = found.variants
    fault = serving_fault(variant.containers, package)
    if fault is not None:
        raise RefusedError(f"QA's endpoint {endpoint} is not the release under test: its model {fault}.")
    say(f"  QA serves version {version_of(package['ModelPackageArn'])}: {endpoint} → {variant.model_name}")
    return variant


def _loaded(s3: Any, address: S3Address, made: datetime) -> JudgedObject:
    """The version that QA's container loaded. ``made``: when QA's model was created, before any container started."""
    found = newest(s3, address)
    if found is None:
        raise RefusedError(f"{address} of the package does not exist, or was deleted.")
    # S3 tells times in seconds. Only where there are several versions can the wrong one be loaded.
    since = made.replace(microsecond=0)
    if found.of_several and found.written >= since:
        raise RefusedError(
            f"{address} was replaced at {found.written}, when QA's model of {made} existed already: it is not known "
            "which version QA loaded. Release the commit again."
        )
    body = s3.get_object(**address.arguments, VersionId=found.version_id)["Body"]
    digest = hashlib.sha256()
    for chunk in body.iter_chunks(_CHUNK_BYTES):
        digest.update(chunk)
    return JudgedObject(address=str(address), version_id=found.version_id, sha256=digest.hexdigest())
