"""Tags of AWS's own in a request."""

import pytest

from localcloud.front_door.system_tags import check
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
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


def asked(operation, service="sns", body=b"", **params):
    request = HttpRequest(method="POST", path="/", query="", headers={}, body=body)
    check(ApiRequest(service=service, operation=operation, params=params), request)


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
        asked("PutBucketTagging", "s3", body.format(OWN).encode())
    asked("PutBucketTagging", "s3", body.format(OTHER).encode())


def test_a_caller_may_look_for_them():
    """A filter changes nothing, and other tags are the caller's."""
    asked("ListJobs", "glue", Tags={OWN: "s"})
    asked("TagResource", Tags={OTHER: "a"})
