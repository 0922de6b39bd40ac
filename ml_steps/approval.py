"""A model package's approval: its status in the registry, and the tags on its artifacts.

PROD's serving role can read only tagged artifacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handover.packages import APPROVED, artifacts, set_status
from handover.places import APPROVED_TAG
from ml_steps.running import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.addresses import S3Address


def approve(sagemaker: Any, s3: Any, package_arn: str, description: str, properties: Mapping[str, str]) -> None:
    """Set the package to Approved, and tag every artifact.

    The tags come first: an Approved package can be served. If the status then cannot be set, the registry does not show
    the package as approved, and PROD is not deployed.
    """
    package = sagemaker.describe_model_package(ModelPackageName=package_arn)
    for address in artifacts(package):
        tag(s3, address)
    set_status(sagemaker, package_arn, APPROVED, description, properties)
    say(f"  {package_arn} is {APPROVED}")


def tag(s3: Any, address: S3Address) -> None:
    """Add the tag to the object's tags."""
    name, value = APPROVED_TAG
    others = [entry for entry in s3.get_object_tagging(**address.arguments)["TagSet"] if entry["Key"] != name]
    s3.put_object_tagging(**address.arguments, Tagging={"TagSet": [*others, {"Key": name, "Value": value}]})
    say(f"  {address} is tagged {name}={value}")
