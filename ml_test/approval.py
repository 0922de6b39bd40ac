"""A model package's approval in the registry, and on its artifacts, which PROD's role may read only once approved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ml_init.step import S3Address, say

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What PROD's serving role asks of every object under ``models/`` and ``features/``.
APPROVED_TAG = ("gatehouse:approval", "Approved")
#: SageMaker's limits on a package's ApprovalDescription and on the values of its CustomerMetadataProperties.
_DESCRIPTION_LIMIT = 1024
_PROPERTY_LIMIT = 256
_NOT_IN_A_PROPERTY = re.compile(r"[^\w\s.:/=+\-@]")


def set_status(sagemaker: Any, package_arn: str, status: str, description: str, properties: Mapping[str, str]) -> None:
    """Write the decision down: status, why, and ``properties`` beside those that the package has."""
    sagemaker.update_model_package(
        ModelPackageArn=package_arn,
        ModelApprovalStatus=status,
        # It takes no line breaks, which a comment may have.
        ApprovalDescription=" ".join(description.split())[:_DESCRIPTION_LIMIT],
        CustomerMetadataProperties={name: _property(value) for name, value in properties.items()},
    )
    say(f"  {package_arn} is {status}")


def _property(value: str) -> str:
    """A session's name in an ARN may have characters that a property takes not."""
    return _NOT_IN_A_PROPERTY.sub("_", value)[:_PROPERTY_LIMIT]


def approve(sagemaker: Any, s3: Any, package_arn: str, description: str, properties: Mapping[str, str]) -> None:
    """Approved, and every artifact tagged.

    The tags come first: a package that is Approved can be served. Where the status then cannot be set, nothing names
    the package as approved, and PROD is not deployed.
    """
    package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    for address in artifacts(package):
        tag(s3, address)
    set_status(sagemaker, package_arn, "Approved", description, properties)


def artifacts(package: Mapping[str, Any]) -> list[S3Address]:
    """The objects that the package's containers read, each once."""
    containers = package["InferenceSpecification"]["Containers"]
    urls = [container["ModelDataUrl"] for container in containers if "ModelDataUrl" in container]
    return [S3Address.parse(url) for url in dict.fromkeys(urls)]


def tag(s3: Any, address: S3Address) -> None:
    """Add the tag to those that the object has."""
    name, value = APPROVED_TAG
    where = {"Bucket": address.bucket, "Key": address.key}
    others = [entry for entry in s3.get_object_tagging(**where)["TagSet"] if entry["Key"] != name]
    s3.put_object_tagging(**where, Tagging={"TagSet": [*others, {"Key": name, "Value": value}]})
    say(f"  {address} is tagged {name}={value}")
