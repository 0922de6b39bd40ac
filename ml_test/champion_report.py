"""The report by which the gate let the champion pass. Its hash is a property of the champion's package."""

from __future__ import annotations

from typing import Any

from handover.addresses import S3Address
from handover.documents import from_json
from handover.errors import HandOverError
from handover.packages import Package
from handover.signed_report import sha256


def read(sagemaker: Any, s3: Any, arn: str) -> tuple[str, dict[str, Any]]:
    """Its address and its content. ClientError or ValueError if this package's report is missing or was changed."""
    package = Package.of(sagemaker.describe_model_package(ModelPackageName=arn))
    if not package.report or not package.report_sha256:
        raise ValueError(f"the package {arn} names no report of a gate")
    content = s3.get_object(**S3Address.parse(package.report).arguments)["Body"].read()
    if (found := sha256(content)) != package.report_sha256:
        raise ValueError(f"{package.report} was changed: its SHA-256 is {found}, and not {package.report_sha256}")
    try:
        return package.report, from_json(content.decode(), package.report)
    except (HandOverError, ValueError) as error:
        raise ValueError(f"{package.report} has a form that this gate does not know ({error})") from error
