"""Which bucket policies are public, by the examples and the words of S3's user guide."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.iam.public_policies import is_public

ACCOUNT = "123456789012"
ROLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}


def when(operator: str, key: str, *values: str) -> dict[str, Any]:
    """A statement for everybody under one condition."""
    return allow("*", Condition={operator: {key: list(values)}})


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    resource = "arn:aws:s3:::b/*"
    return {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "public"),
    [
        ([allow("*")], True),
        ([allow({"AWS": "*"})], True),
        ([allow({"AWS": [ROLE["AWS"], "*"]})], True),
        ([allow(ROLE)], False),
        ([allow({"AWS": ACCOUNT})], False),
        ([allow({"Service": "cloudfront.amazonaws.com"})], False),
        ([allow("*") | {"Effect": "Deny"}, allow(ROLE)], False),
        ([allow(ROLE), allow("*")], True),
        ([when("StringEquals", "aws:SourceVpc", "vpc-91237329")], False),
        ([when("StringLike", "aws:SourceVpc", "vpc-*")], True),
        ([when("StringEquals", "aws:SourceVpc", "vpc-1", "${aws:PrincipalTag/vpc}")], True),
        ([when("StringEquals", "aws:PrincipalOrgID", "o-1")], False),
        ([when("StringNotEquals", "aws:PrincipalOrgID", "o-1")], True),
        ([when("StringEqualsIfExists", "aws:SourceVpce", "vpce-1")], True),
        ([when("ForAllValues:StringEquals", "aws:SourceVpce", "vpce-1")], True),
        ([when("Null", "aws:SourceVpce", "false")], True),
        ([when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t")], True),
        ([when("ArnLike", "aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:t")], False),
        ([when("StringEquals", "aws:SourceAccount", ACCOUNT)], False),
        ([when("StringLike", "aws:userid", "AROAEXAMPLE:*")], True),
        ([when("Bool", "aws:SecureTransport", "true")], True),
        ([when("StringEquals", "aws:Referer", "https://example.org/")], True),
        ([when("IpAddress", "aws:SourceIp", "203.0.113.0/24", "2001:db8::/32")], False),
        ([when("IpAddress", "aws:SourceIp", "203.0.113.7")], False),
        ([when("IpAddress", "aws:SourceIp", "0.0.0.0/1")], True),
        ([when("IpAddress", "aws:SourceIp", "203.0.113.0/24", "64.0.0.0/7")], True),
        ([when("IpAddress", "aws:SourceIp", "2a00::/16")], True),
        ([when("IpAddress", "aws:SourceIp", "10.0.0.0/8")], False),
        ([when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")], True),
        ([when("ArnLike", "s3:DataAccessPointArn", f"arn:aws:s3:us-west-2:{ACCOUNT}:accesspoint/*")], False),
        ([when("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:us-west-2:*:accesspoint/*")], True),
    ],
)
def test_a_policy_is_public_unless_it_names_fixed_values(statements: list[dict[str, Any]], public: bool) -> None:
    """Everybody under a condition of fixed values is not everybody; one open statement opens the policy."""
    document = {"Version": "2012-10-17", "Statement": statements}
    assert is_public(parse_policy(document, name="p", kind=PolicyKind.RESOURCE)) is public
