"""A workload's model registry as a person wants to see it: where each version comes from, what was decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scripts import cloud
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

#: How the gate begins what it writes into a package's ApprovalDescription.
_VERDICT = re.compile(r"(PROMOTE|HOLD|REJECT)\b:?\s*(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One line of the registry's list; ``status`` is the package's ModelApprovalStatus."""

    arn: str
    number: int
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One model package. ``verdict`` is empty where the gate has not spoken."""

    arn: str
    number: int
    status: str
    commit: str
    registered: datetime
    verdict: str
    reason: str
    #: The package that it was compared with: what PROD served then. None on a first release.
    parent_arn: str | None
    #: The S3 address of the gate's report, as JSON; empty where the gate has not spoken.
    report: str
    #: As SageMaker describes it.
    package: Mapping[str, Any]

    @classmethod
    def of(cls, package: Mapping[str, Any]) -> Release:
        metadata = package.get("CustomerMetadataProperties", {})
        verdict, reason = decision(package)
        return cls(
            arn=package["ModelPackageArn"],
            number=package["ModelPackageVersion"],
            status=package["ModelApprovalStatus"],
            commit=metadata.get("commit", ""),
            registered=package["CreationTime"],
            verdict=verdict,
            reason=reason,
            parent_arn=metadata.get("parent") or None,
            report=metadata.get("gate_report", ""),
            package=package,
        )


class Registry:
    """The model package group that a workload's pipeline stack made."""

    def __init__(self, workload: str) -> None:
        self.group = WORKLOADS[workload].dashed_name
        self._sagemaker = cloud.client("sagemaker")

    def versions(self) -> Iterator[Version]:
        """Newest first; none where nothing was registered, or where the group is not there yet."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.group, SortBy="CreationTime", SortOrder="Descending"
        )
        try:
            for page in pages:
                for summary in page["ModelPackageSummaryList"]:
                    yield Version(
                        arn=summary["ModelPackageArn"],
                        number=summary["ModelPackageVersion"],
                        status=summary["ModelApprovalStatus"],
                    )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException" or "not exist" not in str(error):
                raise

    def release(self, arn: str) -> Release:
        return Release.of(self._sagemaker.describe_model_package(ModelPackageName=arn))


def decision(package: Mapping[str, Any]) -> tuple[str, str]:
    """Verdict and reason as the gate wrote them; a description by somebody else is a reason without a verdict."""
    said = package.get("ApprovalDescription", "")
    found = _VERDICT.match(said)
    return (found[1], found[2]) if found else ("", said)


def number_of(arn: str) -> int:
    """``arn:…:model-package/car-evaluation/3`` → 3."""
    return int(arn.rpartition("/")[2])
