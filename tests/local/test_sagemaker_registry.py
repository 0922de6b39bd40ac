"""The model registry, by boto3."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import SPARKML, XGBOOST, World

pytestmark = pytest.mark.local

SPECIFICATION = {
    "Containers": [
        {"Image": SPARKML, "ModelDataUrl": "s3://b/pre.tar.gz", "Environment": {"A": "1"}},
        {"Image": XGBOOST, "ModelDataUrl": "s3://b/model.tar.gz"},
    ],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def group(sagemaker_world: World, request: pytest.FixtureRequest) -> str:
    name = "-".join(re.findall("[A-Za-z0-9]+", request.node.name))[:60].rstrip("-")
    sagemaker_world.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def _register(world: World, group: str, **more: object) -> str:
    arn: str = world.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **more
    )["ModelPackageArn"]
    return arn


def test_a_version_keeps_what_it_was_given(sagemaker_world: World, group: str) -> None:
    """Containers, metrics, metadata and status come back as they were registered."""
    metrics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/m.json"}}}
    arn = _register(
        sagemaker_world,
        group,
        ModelApprovalStatus="PendingManualApproval",
        ModelMetrics=metrics,
        CustomerMetadataProperties={"data_sha256": "abc"},
        MetadataProperties={"CommitId": "0123"},
    )
    package = sagemaker_world.sagemaker.describe_model_package(ModelPackageName=arn)
    digests = [container.pop("ImageDigest") for container in package["InferenceSpecification"]["Containers"]]
    assert package["InferenceSpecification"] == SPECIFICATION
    assert [re.fullmatch("sha256:[0-9a-f]{64}", digest) is not None for digest in digests] == [True, True]
    assert digests[0] != digests[1]
    assert package["ModelMetrics"] == metrics
    assert package["MetadataProperties"] == {"CommitId": "0123"}
    assert package["CustomerMetadataProperties"] == {"data_sha256": "abc"}
    assert (package["ModelPackageVersion"], package["ModelPackageStatus"]) == (1, "Completed")
    assert arn.endswith(f":model-package/{group}/1")


@pytest.mark.parametrize(
    ("properties", "says"),
    [({"why": "a; b"}, "{why=a; b}"), ({"k" * 129: "v"}, "Map keys"), ({"long": "v" * 257}, "to 256")],
)
def test_metadata_has_limits(sagemaker_world: World, group: str, properties: dict[str, str], says: str) -> None:
    """SageMaker's limits of characters and lengths hold when a package is made and when it is updated."""
    arn = _register(sagemaker_world, group)
    with pytest.raises(ClientError, match=says):
        _register(sagemaker_world, group, CustomerMetadataProperties=properties)
    with pytest.raises(ClientError, match=says):
        sagemaker_world.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=properties)


def test_approval_is_recorded_with_its_reason(sagemaker_world: World, group: str) -> None:
    """UpdateModelPackage sets status and description, and filters find the version by its status."""
    first, second = _register(sagemaker_world, group), _register(sagemaker_world, group)
    sagemaker_world.sagemaker.update_model_package(
        ModelPackageArn=first, ModelApprovalStatus="Rejected", ApprovalDescription="accuracy 0.70 is below 0.95"
    )
    sagemaker_world.sagemaker.update_model_package(ModelPackageArn=second, ModelApprovalStatus="Approved")
    found = sagemaker_world.sagemaker.describe_model_package(ModelPackageName=first)
    assert found["ApprovalDescription"] == "accuracy 0.70 is below 0.95"
    approved = sagemaker_world.sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in approved] == [second]


def test_the_newest_version_comes_first(sagemaker_world: World, group: str) -> None:
    """Listing by creation time, descending, pages through all versions."""
    arns = [_register(sagemaker_world, group) for _ in range(3)]
    pages = sagemaker_world.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", PaginationConfig={"PageSize": 2}
    )
    listed = [package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"]]
    assert listed == arns[::-1]


def test_a_version_number_is_never_used_twice(sagemaker_world: World, group: str) -> None:
    """After the newest version was deleted, the next one still gets a new number."""
    _register(sagemaker_world, group)
    second = _register(sagemaker_world, group)
    sagemaker_world.sagemaker.delete_model_package(ModelPackageName=second)
    assert _register(sagemaker_world, group).endswith("/3")


def test_a_group_goes_when_it_is_empty(sagemaker_world: World, group: str) -> None:
    """A group with versions cannot be deleted; an empty one can."""
    arn = _register(sagemaker_world, group)
    with pytest.raises(ClientError, match="still has 1 model packages"):
        sagemaker_world.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker_world.sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker_world.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker_world.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_unknown_groups_and_versions_are_named(sagemaker_world: World) -> None:
    """Errors name what was asked for."""
    with pytest.raises(ClientError, match="ModelPackageGroup nobody does not exist"):
        _register(sagemaker_world, "nobody")
    with pytest.raises(ClientError, match="nobody/1 does not exist"):
        sagemaker_world.sagemaker.describe_model_package(ModelPackageName="nobody/1")
