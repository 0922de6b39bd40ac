"""Tags of AWS's own in a request."""

import pytest

from localcloud.front_door.system_tags import are_all, check
from localcloud.platform.errors import AwsError
from localcloud.wire.api_requests import ApiRequest
from localcloud.wire.system_tags import given, keys

OWN, OTHER = "aws:cloudformation:stack-name", "team"


@pytest.mark.parametrize(
    "params",
    [
        {"Tags": [{"Key": OWN, "Value": "s"}, {"Key": OTHER, "Value": "a"}]},
        {"tags": {OWN: "s", OTHER: "a"}},
        {"TagsToAdd": {OWN: "s", OTHER: "a"}},
        {"Tag": [{"TagKey": OWN, "TagValue": "s"}, {"TagKey": OTHER, "TagValue": "a"}]},
    ],
)
def test_policies_do_not_see_them(params):
    """Nobody needs a permission for what CloudFormation writes."""
    assert given(params) == {OTHER: "a"}
    assert keys(params) == [OWN, OTHER]


def call(operation, service="sns", **params):
    return ApiRequest(service=service, operation=operation, params=params)


def asked(operation, service="sns", **params):
    check(call(operation, service, **params))


@pytest.mark.parametrize(
    "params", [{"Tags": [{"Key": OWN, "Value": "mine"}]}, {"TagKeys": [OTHER, OWN]}, {"UserPoolTags": {OWN: "mine"}}]
)
def test_a_caller_writes_and_removes_none(params):
    """AWS keeps the prefix for itself."""
    with pytest.raises(AwsError, match="aws: prefixed tag key names are not allowed for external use"):
        asked("TagResource", **params)


def test_a_caller_writes_none_to_a_bucket():
    """S3 says so in its own words, and reads them from the body."""
    body = "<Tagging><TagSet><Tag><Key>{}</Key><Value>v</Value></Tag></TagSet></Tagging>"
    with pytest.raises(AwsError, match="System tags cannot be added/updated by requester"):
        asked("PutBucketTagging", "s3", body=body.format(OWN).encode())
    asked("PutBucketTagging", "s3", body=body.format(OTHER).encode())


def test_a_caller_may_look_for_them():
    """A filter changes nothing, and other tags are the caller's."""
    asked("ListJobs", "glue", Tags={OWN: "s"})
    asked("TagResource", Tags={OTHER: "a"})


def test_a_bucket_is_tagged_on_nobodys_permission():
    """That holds for a call with tags of AWS's own alone, which comes from CloudFormation."""
    body = "<Tagging><TagSet>{}</TagSet></Tagging>"
    own, other = (f"<Tag><Key>{key}</Key><Value>v</Value></Tag>" for key in (OWN, OTHER))
    assert are_all(call("PutBucketTagging", "s3", body=body.format(own).encode()))
    assert not are_all(call("PutBucketTagging", "s3", body=body.format(own + other).encode()))
    assert not are_all(call("TagResource", Tags={OWN: "s"}))
