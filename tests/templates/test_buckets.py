"""What is promised of every bucket."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.specs import Workload
from tests.templates.template import Template, render


@pytest.fixture
def buckets(pipeline: Template, workload: Workload) -> dict[str, dict[str, Any]]:
    found = pipeline.of_type("AWS::S3::Bucket")
    assert len(found) == 2 + len(workload.doors), "one for data, one for artifacts, and one for a door's page"
    return found


def test_every_bucket_is_encrypted_and_versioned(buckets: dict[str, dict[str, Any]]) -> None:
    """S3's own key encrypts each bucket, and each keeps earlier versions."""
    for bucket in buckets.values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_no_bucket_can_be_made_public(buckets: dict[str, dict[str, Any]]) -> None:
    """Public access is blocked in all four ways, and ACLs are off."""
    for bucket in buckets.values():
        assert bucket["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        }
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(
    "condition",
    [{"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": 1.2}}],
    ids=["without TLS", "before TLS 1.2"],
)
def test_every_bucket_refuses_requests(
    pipeline: Template, buckets: dict[str, dict[str, Any]], condition: dict[str, Any]
) -> None:
    """The denial is for everybody, every action, the bucket and its objects."""
    policies = {
        render(policy["Bucket"]): policy["PolicyDocument"]["Statement"]
        for policy in pipeline.of_type("AWS::S3::BucketPolicy").values()
    }
    for bucket in buckets:
        (denial,) = [s for s in policies[f"${{{bucket}}}"] if s.get("Condition") == condition]
        assert (denial["Effect"], denial["Action"], denial["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
        assert {render(r) for r in denial["Resource"]} == {f"${{{bucket}.Arn}}", f"${{{bucket}.Arn}}/*"}


def test_bucket_policies_only_ever_deny(pipeline: Template) -> None:
    """No bucket's policy grants anything but a page's, to CloudFront: grants stand in the roles' policies alone."""
    policies = {name: policy for name, policy in pipeline.of_type("AWS::S3::BucketPolicy").items() if not of_page(name)}
    assert len(policies) == 2
    for policy in policies.values():
        assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_data_and_models_outlive_the_stack(pipeline: Template, buckets: dict[str, dict[str, Any]]) -> None:
    """All buckets are retained when the stack is deleted and when they are replaced."""
    for bucket in buckets:
        resource = pipeline.resources[bucket]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_what_is_superseded_expires(pipeline: Template, buckets: dict[str, dict[str, Any]]) -> None:
    """Broken-off uploads go after a week and old versions later; an artifact goes with its version."""
    for logical_id, bucket in buckets.items():
        (rule,) = [rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "Prefix" not in rule]
        days = 30 if logical_id == artifact_store(pipeline) or of_page(logical_id) else 90
        assert rule["Status"] == "Enabled"
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": days}
        assert rule.get("ExpirationInDays") == (30 if logical_id == artifact_store(pipeline) else None)


def test_of_the_data_only_captured_requests_expire(pipeline: Template, buckets: dict[str, dict[str, Any]]) -> None:
    """Captured requests expire after 90 days; rows, features, models and reports never do."""
    others = {name: bucket for name, bucket in buckets.items() if not of_page(name)}
    (data,) = [bucket for name, bucket in others.items() if name != artifact_store(pipeline)]
    expiring = {rule["Prefix"]: rule for rule in data["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule}
    assert list(expiring) == ["capture/"]
    assert expiring["capture/"]["ExpirationInDays"] == 90


def of_page(logical_id: str) -> bool:
    """Of a door's page (tests/templates/test_door.py)."""
    return logical_id.startswith("DoorPage")


def artifact_store(pipeline: Template) -> str:
    return str(pipeline.only("AWS::CodePipeline::Pipeline")["ArtifactStore"]["Location"]["Ref"])
