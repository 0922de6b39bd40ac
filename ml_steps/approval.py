"""A model package's approval: its status in the registry, and the tags on the versions of its artifacts.

PROD's serving role can read only tagged artifacts: what replaces one later has no tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from handover.packages import APPROVED, set_status
from handover.places import APPROVED_TAG
from ml_steps.running import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.gate_report import GateReport, JudgedObject


def approve(sagemaker: Any, s3: Any, report: GateReport, description: str, properties: Mapping[str, str]) -> None:
    """Set the package to Approved, and tag every object in the version that was judged.

    The tags come first: an Approved package can be served. If the status then cannot be set, the registry does not show
    the package as approved, and PROD is not deployed.
    """
    package_arn = report.origin.model_package_arn
    for each in report.origin.objects:
        tag(s3, each)
    set_status(sagemaker, package_arn, APPROVED, description, properties)
    say(f"  {package_arn} is {APPROVED}")


def tag(s3: Any, judged: JudgedObject) -> None:
    """Add the tag to the version's tags."""
    name, value = APPROVED_TAG
    version = {**S3Address.parse(judged.address).arguments, "VersionId": judged.version_id}
    others = [entry for entry in s3.get_object_tagging(**version)["TagSet"] if entry["Key"] != name]
    s3.put_object_tagging(**version, Tagging={"TagSet": [*others, {"Key": name, "Value": value}]})
    say(f"  {judged.address}, version {judged.version_id}, is tagged {name}={value}")
