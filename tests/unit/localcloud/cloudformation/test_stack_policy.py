"""What a stack policy allows, and which texts are none."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.cloudformation import stack_policy, stack_policy_source
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Caller
from localcloud.resources.resource import ResourceError

ALL = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
CALLER = Caller(account_id="123456789012", access_key_id="A", arn="arn:aws:iam::123456789012:root")


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": list(statements)})


def without(statement: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != name} | more


@pytest.mark.parametrize(
    ("statements", "action", "logical_id", "allowed"),
    [
        ([ALL], "Replace", "A", True),
        ([{**ALL, "Resource": "LogicalResourceId/A"}], "Modify", "B", False),
        ([{**ALL, "Resource": "LogicalResourceId/A*"}], "Modify", "Ab", True),
        ([ALL, {**ALL, "Effect": "Deny", "Action": ["Update:Delete", "Update:Replace"]}], "Modify", "A", True),
        ([ALL, {**ALL, "Effect": "Deny", "Action": ["Update:Delete", "Update:Replace"]}], "Replace", "A", False),
        ([without(ALL, "Action", NotAction="Update:Delete")], "Modify", "A", True),
        ([without(ALL, "Action", NotAction="Update:Delete")], "Delete", "A", False),
        ([without(ALL, "Resource", NotResource="LogicalResourceId/A")], "Modify", "A", False),
        ([without(ALL, "Resource", NotResource="LogicalResourceId/A")], "Modify", "B", True),
        ([{**ALL, "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::Topic"]}}}], "Modify", "A", True),
        ([{**ALL, "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::*"]}}}], "Modify", "A", False),
        ([{**ALL, "Condition": {"StringLike": {"ResourceType": "AWS::SNS::*"}}}], "Modify", "A", True),
    ],
)
def test_what_is_allowed(statements: list[dict[str, Any]], action: str, logical_id: str, *, allowed: bool) -> None:
    """What no statement allows is denied, a denial counts first, and elements may be the opposite of themselves."""
    text = policy(*statements)
    stack_policy.validate(text)
    if allowed:
        stack_policy.check(text, action, logical_id, "AWS::SNS::Topic")
        return
    with pytest.raises(ResourceError, match=rf"Action denied by stack policy: .*\[Update:{action}\]"):
        stack_policy.check(text, action, logical_id, "AWS::SNS::Topic")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "no JSON",
        json.dumps({"Statement": [ALL], "Rules": []}),
        policy(without(ALL, "Resource")),
        policy({**ALL, "NotAction": "Update:Delete"}),
        policy({**ALL, "Condition": "always"}),
    ],
)
def test_what_is_no_policy(text: str) -> None:
    """An element that is missing, given with its opposite, or of another form is refused in AWS's words."""
    with pytest.raises(AwsError, match="Error validating stack policy: Invalid stack policy"):
        stack_policy.validate(text)


def test_other_conditions_are_refused_when_the_policy_is_set() -> None:
    """They are named, and no update stops half-way because of them."""
    with pytest.raises(UnsupportedError, match="The condition StringNotLike"):
        stack_policy.validate(policy({**ALL, "Condition": {"StringNotLike": {"ResourceType": "AWS::*"}}}))


class Bucket:
    """S3 with one object under every key; says what was asked for."""

    def __init__(self, body: str) -> None:
        self.asked: list[tuple[str, str]] = []
        self._body = body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self.asked.append((Bucket, Key))
        return {"Body": io.BytesIO(self._body.encode())}


def given(bucket: Bucket, **params: str) -> str | None:
    cloud: Any = SimpleNamespace(
        settings=SimpleNamespace(endpoint_url="http://127.0.0.1:4566"),
        clients=SimpleNamespace(forwarding=lambda *_, **__: bucket),
    )
    return stack_policy_source.given(params, cloud, CALLER)


def test_a_policy_is_read_from_s3_alone() -> None:
    """An object of the local cloud is read as the caller, and any other address is refused by its parameter's name."""
    bucket = Bucket(policy(ALL))
    url = "https://policies.s3.us-east-1.amazonaws.com/a/policy.json"
    assert given(bucket, StackPolicyURL=url) == policy(ALL)
    assert bucket.asked == [("policies", "a/policy.json")]
    with pytest.raises(AwsError, match="StackPolicyURL must be a supported URL"):
        given(bucket, StackPolicyURL="https://example.com/policy.json")
    assert len(bucket.asked) == 1
    assert given(bucket) is None


def test_a_stored_policy_has_the_same_limit_and_form() -> None:
    """Sixteen kilobytes are the most, and what lies there has to be a policy."""
    url = "http://127.0.0.1:4566/policies/policy.json"
    with pytest.raises(AwsError, match="less than or equal to 16384"):
        given(Bucket(policy({**ALL, "Sid": "a" * 16_384})), StackPolicyURL=url)
    with pytest.raises(AwsError, match="Invalid stack policy"):
        given(Bucket("{}"), StackPolicyURL=url)
