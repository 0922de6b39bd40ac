"""A model package in the registry: what the steps write into it, and how others read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address

if TYPE_CHECKING:
    from collections.abc import Mapping

PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"
#: SageMaker's limit for a package's ApprovalDescription and for the values of its CustomerMetadataProperties.
_DESCRIPTION_LIMIT = 1024
_PROPERTY_LIMIT = 256
_NOT_IN_A_PROPERTY = re.compile(r"[^\w\s.:/=+\-@]")


def version_of(package_arn: str) -> int:
    """``arn:…:model-package/car-evaluation/3`` → 3."""
    return int(package_arn.rpartition("/")[2])


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """Written by the training step: the origin of the model."""

    commit: str
    data_sha256: str
    pipeline_execution: str
    training_job: str
    #: Under SageMaker's names, such as ``validation:mlogloss``.
    metrics: Mapping[str, float]
    #: The tuning job that chose its hyperparameters; None: training.toml did.
    tuning_job: str | None = None

    def properties(self) -> dict[str, str]:
        return {
            "commit": self.commit,
            "data_sha256": self.data_sha256,
            "pipeline_execution": self.pipeline_execution,
            "training_job": self.training_job,
            **({"tuning_job": self.tuning_job} if self.tuning_job else {}),
            **{name.replace(":", "_"): f"{value:.6f}" for name, value in self.metrics.items()},
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Written by the gate. ``parent_arn``: the package that it was compared with; None for a first release."""

    verdict: str
    #: The S3 URI of the report as JSON, and its SHA-256.
    report: str
    report_sha256: str
    parent_arn: str | None
    test_split_sha256: str
    #: Of the list of objects in the report: the versions that were judged.
    objects_sha256: str

    def properties(self) -> dict[str, str]:
        known = {
            "verdict": self.verdict,
            "gate_report": self.report,
            "gate_report_sha256": self.report_sha256,
            "parent": self.parent_arn,
            "test_split_sha256": self.test_split_sha256,
            "objects_sha256": self.objects_sha256,
        }
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A model package for people to read. Values that nobody has written yet are empty."""

    arn: str
    #: Its ModelApprovalStatus.
    status: str
    commit: str
    verdict: str
    #: Why it has this status, without the verdict.
    reason: str
    parent_arn: str | None
    report: str
    report_sha256: str
    #: The person who approved it in the pipeline, as an ARN; empty if the gate approved it.
    approved_by: str

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Package:
        """From the answer of DescribeModelPackage."""
        properties = described.get("CustomerMetadataProperties", {})
        verdict = properties.get("verdict", "")
        return cls(
            arn=described["ModelPackageArn"],
            status=described["ModelApprovalStatus"],
            commit=properties.get("commit", ""),
            verdict=verdict,
            reason=described.get("ApprovalDescription", "").removeprefix(f"{verdict}: "),
            parent_arn=properties.get("parent") or None,
            report=properties.get("gate_report", ""),
            report_sha256=properties.get("gate_report_sha256", ""),
            approved_by=properties.get("approved_by", ""),
        )


def artifacts(described: Mapping[str, Any]) -> list[S3Address]:
    """The objects that the package's containers read, each once."""
    containers = described["InferenceSpecification"]["Containers"]
    urls = [container["ModelDataUrl"] for container in containers if "ModelDataUrl" in container]
    return [S3Address.parse(url) for url in dict.fromkeys(urls)]


def set_status(sagemaker: Any, arn: str, status: str, description: str, properties: Mapping[str, str]) -> None:
    """Record a decision: status, reason, and ``properties`` in addition to those that the package has."""
    metadata = {name: property_value(value) for name, value in properties.items()}
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus=status,
        # SageMaker refuses line breaks, which a person's comment may contain.
        ApprovalDescription=" ".join(description.split())[:_DESCRIPTION_LIMIT],
        **({"CustomerMetadataProperties": metadata} if metadata else {}),
    )


def property_value(value: str) -> str:
    """The value with only the characters that a property allows: a session name in an ARN may have others."""
    return _NOT_IN_A_PROPERTY.sub("_", value)[:_PROPERTY_LIMIT]
