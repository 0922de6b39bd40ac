"""The report by which the gate let the champion pass. Its hash is a property of the champion's package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.addresses import S3Address
from handover.documents import from_json
from handover.errors import HandOverError
from handover.gate_report import Champion
from handover.packages import Package
from handover.places import GateFolder
from handover.signed_report import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_test.champion import Gone


@dataclass(frozen=True, kw_only=True, slots=True)
class ChampionReport:
    """``name``: its address. ``missing``: why it cannot be read; then name and document are empty."""

    package_arn: str
    name: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""

    @property
    def page(self) -> str:
        """The address of the report as a page; empty if it is missing."""
        return self.name and f"{self.name.rpartition('/')[0]}/{GateFolder.PAGE}"


def find(sagemaker: Any, s3: Any, rival: Champion | Gone | None) -> ChampionReport | None:
    """The champion's report, or why it cannot be read. None if there is no champion that can be asked."""
    if not isinstance(rival, Champion):
        return None
    arn = rival.model_package_arn
    try:
        name, document = _read(sagemaker, s3, arn)
    except (ClientError, ValueError) as error:
        return ChampionReport(package_arn=arn, missing=str(error))
    return ChampionReport(package_arn=arn, name=name, document=document)


def _read(sagemaker: Any, s3: Any, arn: str) -> tuple[str, dict[str, Any]]:
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
