"""Malformed policy documents are refused with the place."""

from typing import Any

import pytest

from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.platform.errors import AwsError

GOOD = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def under(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Statement": GOOD | {"Condition": {operator: {key: value}}}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "not JSON"),
        ("[]", "JSON object, not list"),
        ({"Version": "2012-10-17"}, "has no Statement"),
        ({"Version": "2013-01-01", "Statement": GOOD}, "Version is one of 2012-10-17, 2008-10-17, not '2013-01-01'"),
        ({"Statements": GOOD, "Statement": GOOD}, "has no element Statements"),
        ({"Statement": [GOOD, "x"]}, r"Statement\[1\] is an object, not 'x'"),
        ({"Statement": GOOD | {"Effect": "allow"}}, r"Statement\[0\], Effect is Allow or Deny, not 'allow'"),
        ({"Statement": GOOD | {"Actions": "x"}}, "has no element Actions"),
        ({"Statement": without("Action")}, "neither Action nor NotAction"),
        ({"Statement": GOOD | {"NotAction": "s3:*"}}, "both Action and NotAction"),
        (
            {"Statement": GOOD | {"Action": "GetObject"}},
            "must name service and action, as in s3:GetObject, not 'GetObject'",
        ),
        ({"Statement": GOOD | {"Action": [1]}}, "is a string or a list of strings"),
        ({"Statement": without("Resource")}, "neither Resource nor NotResource"),
        ({"Statement": GOOD | {"Resource": "bucket"}}, "is an ARN or \\*, not 'bucket'"),
        ({"Statement": GOOD | {"Principal": "*"}}, "has a Principal, which only a resource's policy has"),
        ({"Statement": GOOD | {"Condition": []}}, "Condition is an object"),
        ({"Statement": GOOD | {"Condition": {"StringEqual": {"a": "b"}}}}, "StringEqual is not a condition operator"),
        ({"Statement": GOOD | {"Condition": {"ForSome:StringEquals": {"a": "b"}}}}, "ForSome is not one of"),
        ({"Statement": GOOD | {"Condition": {"NullIfExists": {"a": "true"}}}}, "takes true or false"),
        ({"Statement": GOOD | {"Condition": {"StringEquals": {"a": []}}}}, "a has no value"),
        ({"Statement": [GOOD | {"Sid": "One"}, GOOD | {"Sid": "One"}]}, "two statements with one Sid: One"),
        ({"Statement": GOOD | {"Sid": "two words"}}, "Sid has letters of ASCII and digits only, not 'two words'"),
        ("[" * 5000 + "]" * 5000, "not JSON"),
        ('{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', "two elements 'Effect'"),
        (under("DateLessThan", "aws:CurrentTime", "never"), "aws:CurrentTime takes a date of ISO 8601 or .*'never'"),
        (under("NumericEquals", "s3:max-keys", ["10", "ten"]), "s3:max-keys takes a number, not 'ten'"),
        (under("Bool", "aws:SecureTransport", "maybe"), "takes true or false, not 'maybe'"),
        (under("NotIpAddress", "aws:SourceIp", "300.1.1.1/8"), "takes an address or a range .*'300.1.1.1/8'"),
    ],
)
def test_malformed(document: Any, said: str) -> None:
    """The error has AWS's code and names the element, the value seen and what is allowed."""
    with pytest.raises(AwsError, match=said) as refused:
        parse_policy(document, name="p", kind=PolicyKind.IDENTITY)
    assert refused.value.code == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    ("statement", "kind", "said"),
    [
        (GOOD, PolicyKind.RESOURCE, "has one of Principal and NotPrincipal"),
        (GOOD | {"Principal": {"Person": "x"}}, PolicyKind.RESOURCE, "is \\* or an object of"),
        (GOOD | {"NotPrincipal": "*"}, PolicyKind.RESOURCE, "grants access to everybody else"),
        (GOOD | {"Principal": "*"}, PolicyKind.TRUST, "must be one of STS in a trust policy, not 's3:GetObject'"),
        (
            GOOD | {"Principal": "*", "Action": "sts:AssumeRole"},
            PolicyKind.TRUST,
            "a trust policy's resource is its role",
        ),
    ],
)
def test_malformed_resource_policies(statement: dict[str, Any], kind: PolicyKind, said: str) -> None:
    """A resource's policy has to name principals; a trust policy allows STS's actions and names no resource."""
    with pytest.raises(AwsError, match=said):
        parse_policy({"Statement": statement}, name="p", kind=kind)
