"""A workload's model registry as a person wants to see it: where each version comes from and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handover.packages import Package
from scripts import cloud
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One line of the registry's list; ``status`` is the package's ModelApprovalStatus."""

    arn: str
    number: int
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """One model package. ``verdict`` is empty if the gate has not decided yet."""

    arn: str
    number: int
    status: str
    commit: str
    registered: datetime
    verdict: str
    reason: str
    #: The package that it was compared with: what PROD served then. None for a first release.
    parent_arn: str | None
    #: The S3 address of the gate's report, as JSON; empty if the gate has not decided yet.
    report: str
    #: As SageMaker describes it.
    package: Mapping[str, Any]

    @classmethod
    def of(cls, package: Mapping[str, Any]) -> Release:
        found = Package.of(package)
        return cls(
            arn=found.arn,
            number=package["ModelPackageVersion"],
            status=found.status,
            commit=found.commit,
            registered=package["CreationTime"],
            verdict=found.verdict,
            reason=found.reason,
            parent_arn=found.parent_arn,
            report=found.report,
            package=package,
        )


class Registry:
    """The model package group that a workload's pipeline stack created."""

    def __init__(self, workload: str) -> None:
        self.group = WORKLOADS[workload].dashed_name
        self._sagemaker = cloud.client("sagemaker")

    def versions(self) -> Iterator[Version]:
        """Newest first; empty if nothing was registered, or if the group does not exist yet."""
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
