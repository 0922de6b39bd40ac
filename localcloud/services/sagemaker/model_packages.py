"""The model registry: groups of model packages, which are versions of a model."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.images.registry import image_of
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.announcements import announce_model_packages
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.tags import forget_tags, put_tags

if TYPE_CHECKING:
    from localcloud.images.registry import Image
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: The parameters that a package stores unchanged.
_GIVEN = (
    "ModelPackageGroupName",
    "ModelPackageDescription",
    "InferenceSpecification",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "SourceUri",
    "ModelApprovalStatus",
    "ModelCard",
    "DriftCheckBaselines",
    "SkipModelValidation",
)
_UPDATABLE = ("ModelApprovalStatus", "ApprovalDescription", "SourceUri", "ModelCard", "InferenceSpecification")


#: The limits of CustomerMetadataProperties.
_MOST_PROPERTIES = 50
_PROPERTY = re.compile(r"[\w\s.:/=+\-@]*")


def group_name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


def package_by_name(cloud: Cloud, name_or_arn: str) -> Document:
    """The package with this ARN or ``group/version``; raises AwsError where there is none."""
    key = name_or_arn.partition(":model-package/")[2] or name_or_arn
    found = cloud.store.table("sagemaker.model_packages").get(key)
    if found is None:
        raise AwsError("ValidationException", f"ModelPackage {name_or_arn} does not exist.")
    return found


class ModelPackageGroups(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._groups = cloud.store.table("sagemaker.model_package_groups")
        self._packages = cloud.store.table("sagemaker.model_packages")

    @operation("CreateModelPackageGroup")
    def create(self, call: Call, params: Params) -> Params:
        accept_only(
            params, {"ModelPackageGroupName", "ModelPackageGroupDescription", "Tags"}, "CreateModelPackageGroup"
        )
        name = params["ModelPackageGroupName"]
        arn = self.cloud.arn("sagemaker", f"model-package-group/{name}")
        if name in self._groups:
            raise AwsError("ValidationException", f"Model Package Group already exists: {arn}")
        document = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn,
            "CreationTime": datetime.now(UTC),
            "CreatedBy": {"IamIdentity": {"Arn": call.caller.arn}},
            "ModelPackageGroupStatus": "Completed",
            "_next_version": 1,
        }
        if "ModelPackageGroupDescription" in params:
            document["ModelPackageGroupDescription"] = params["ModelPackageGroupDescription"]
        self._groups.put(name, document)
        put_tags(self.cloud, arn, params.get("Tags"))
        return {"ModelPackageGroupArn": arn}

    @operation("DescribeModelPackageGroup")
    def describe(self, _: Call, params: Params) -> Params:
        return self._group(params["ModelPackageGroupName"])

    @operation("ListModelPackageGroups")
    def list_groups(self, _: Call, params: Params) -> Params:
        accept_only(params, _LIST_PARAMETERS, "ListModelPackageGroups")
        return page(
            (document for _, document in self._groups.items()),
            params,
            name="ModelPackageGroupName",
            answer="ModelPackageGroupSummaryList",
            fields=(
                "ModelPackageGroupName",
                "ModelPackageGroupArn",
                "ModelPackageGroupDescription",
                "CreationTime",
                "ModelPackageGroupStatus",
            ),
            descending=False,
        )

    @operation("DeleteModelPackageGroup")
    def delete(self, _: Call, params: Params) -> Params:
        document = self._group(params["ModelPackageGroupName"])
        name = document["ModelPackageGroupName"]
        versions = [key for key, _ in self._packages.items(f"{name}/")]
        if versions:
            raise AwsError(
                "ConflictException",
                f"Model Package Group {document['ModelPackageGroupArn']} still has {len(versions)} model packages "
                f"(such as {versions[0]}); delete them first.",
            )
        self._groups.delete(name)
        forget_tags(self.cloud, document["ModelPackageGroupArn"])
        return {}

    def _group(self, name_or_arn: str) -> Document:
        found = self._groups.get(group_name(name_or_arn))
        if found is None:
            raise AwsError("ValidationException", f"ModelPackageGroup {name_or_arn} does not exist.")
        return found


_LIST_PARAMETERS = {
    "CreationTimeAfter",
    "CreationTimeBefore",
    "MaxResults",
    "NameContains",
    "NextToken",
    "SortBy",
    "SortOrder",
    "ModelApprovalStatus",
    "ModelPackageGroupName",
    "ModelPackageType",
}


class ModelPackages(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._groups = cloud.store.table("sagemaker.model_package_groups")
        self._packages = cloud.store.table("sagemaker.model_packages")
        self._lock = threading.Lock()

    def start(self) -> None:
        announce_model_packages(self.cloud)

    @operation("CreateModelPackage")
    def create(self, call: Call, params: Params) -> Params:
        accept_only(params, {*_GIVEN, "ClientToken", "Tags"}, "CreateModelPackage")
        if "ModelPackageGroupName" not in params:
            raise AwsError("ValidationException", "A model package of a group needs its ModelPackageGroupName.")
        _check_containers(params.get("InferenceSpecification"))
        check_metadata(params.get("CustomerMetadataProperties", {}))
        group = group_name(params["ModelPackageGroupName"])
        version = self._next_version(group)
        arn = self.cloud.arn("sagemaker", f"model-package/{group}/{version}")
        given = {name: params[name] for name in _GIVEN if name in params}
        if "InferenceSpecification" in given:
            given["InferenceSpecification"] = _with_digests(given["InferenceSpecification"])
        now = datetime.now(UTC)
        self._packages.put(
            f"{group}/{version}",
            {
                "ModelApprovalStatus": "PendingManualApproval",
                **given,
                "ModelPackageGroupName": group,
                "ModelPackageVersion": version,
                "ModelPackageArn": arn,
                "CreationTime": now,
                "LastModifiedTime": now,
                "CreatedBy": {"IamIdentity": {"Arn": call.caller.arn}},
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": []},
            },
        )
        put_tags(self.cloud, arn, params.get("Tags"))
        return {"ModelPackageArn": arn}

    @operation("DescribeModelPackage")
    def describe(self, _: Call, params: Params) -> Params:
        return package_by_name(self.cloud, params["ModelPackageName"])

    @operation("ListModelPackages")
    def list_packages(self, _: Call, params: Params) -> Params:
        accept_only(params, _LIST_PARAMETERS, "ListModelPackages")
        wanted = params.get("ModelApprovalStatus")
        group = group_name(params["ModelPackageGroupName"]) if "ModelPackageGroupName" in params else None
        return page(
            (
                document
                for _, document in self._packages.items()
                if group in (None, document["ModelPackageGroupName"])
                and wanted in (None, document["ModelApprovalStatus"])
            ),
            params,
            name="ModelPackageGroupName",
            answer="ModelPackageSummaryList",
            fields=(
                "ModelPackageGroupName",
                "ModelPackageVersion",
                "ModelPackageArn",
                "ModelPackageDescription",
                "CreationTime",
                "ModelPackageStatus",
                "ModelApprovalStatus",
            ),
            descending=True,
        )

    @operation("UpdateModelPackage")
    def update(self, call: Call, params: Params) -> Params:
        removed = params.get("CustomerMetadataPropertiesToRemove", [])
        accept_only(
            params,
            {*_UPDATABLE, "ModelPackageArn", "CustomerMetadataProperties", "CustomerMetadataPropertiesToRemove"},
            "UpdateModelPackage",
        )
        document = package_by_name(self.cloud, params["ModelPackageArn"])
        known = document.get("CustomerMetadataProperties", {})
        check_metadata(known | params.get("CustomerMetadataProperties", {}))

        def change(package: Document) -> None:
            package.update({name: params[name] for name in _UPDATABLE if name in params})
            metadata = package.get("CustomerMetadataProperties", {}) | params.get("CustomerMetadataProperties", {})
            package["CustomerMetadataProperties"] = {k: v for k, v in metadata.items() if k not in removed}
            package["LastModifiedTime"] = datetime.now(UTC)
            package["LastModifiedBy"] = {"IamIdentity": {"Arn": call.caller.arn}}

        self._packages.update(_key(document), change)
        return {"ModelPackageArn": document["ModelPackageArn"]}

    @operation("DeleteModelPackage")
    def delete(self, _: Call, params: Params) -> Params:
        document = package_by_name(self.cloud, params["ModelPackageName"])
        self._packages.delete(_key(document))
        forget_tags(self.cloud, document["ModelPackageArn"])
        return {}

    def _next_version(self, group: str) -> int:
        """The next version. Versions count from 1, and a deleted one is never used again."""
        with self._lock:
            found = self._groups.get(group)
            if found is None:
                raise AwsError("ValidationException", f"ModelPackageGroup {group} does not exist.")
            version = int(found["_next_version"])
            self._groups.put(group, found | {"_next_version": version + 1})
            return version


def check_metadata(properties: dict[str, str]) -> None:
    """Checks SageMaker's limits; raises AwsError with the entry."""
    if len(properties) > _MOST_PROPERTIES:
        raise AwsError(
            "ValidationException",
            f"CustomerMetadataProperties has {len(properties)} entries; it may have {_MOST_PROPERTIES}.",
        )
    for name, value in properties.items():
        for what, text, longest in (("key", name, 128), ("value", value, 256)):
            if not _PROPERTY.fullmatch(text) or not 1 <= len(text) <= longest:
                raise AwsError(
                    "ValidationException",
                    f"The {what} {text!r} of CustomerMetadataProperties must be 1 to {longest} letters, digits, "
                    "spaces or _.:/=+-@",
                )


def _with_digests(specification: dict[str, Any]) -> dict[str, Any]:
    """Adds the image's digest to each container without one, as SageMaker does."""
    containers = [
        {"ImageDigest": image.digest, **container} if (image := _stand_in(container["Image"])) else container
        for container in specification["Containers"]
    ]
    return specification | {"Containers": containers}


def _stand_in(uri: str) -> Image | None:
    """The image's stand-in; None where the local cloud has none. Such an image may be registered all the same."""
    try:
        return image_of(uri)
    except UnsupportedError:
        return None


def _key(document: Document) -> str:
    return f"{document['ModelPackageGroupName']}/{document['ModelPackageVersion']}"


def _check_containers(specification: dict[str, Any] | None) -> None:
    for container in (specification or {}).get("Containers", []):
        if not re.match(r"^[^/\s]+/[^/\s]", container.get("Image", "")):
            raise AwsError("ValidationException", f"{container.get('Image')!r} is not the address of an image.")
