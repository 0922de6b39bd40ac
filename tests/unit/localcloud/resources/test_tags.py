"""Tags, in the many spellings of AWS's APIs."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock, call

import boto3
import pytest

from localcloud.resources.tags import retag, tag_parameter, tags_of


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_tags_may_be_written_as_a_map_or_as_a_list():
    """SSM and Glue write them so in templates, the others as a list."""
    assert tags_of({"Tags": {"size": 3}}) == {"size": "3"} == tags_of({"Tags": [{"Key": "size", "Value": 3}]})


@pytest.mark.parametrize(
    ("service", "operation", "parameter"),
    [
        ("sagemaker", "CreateModel", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("codebuild", "CreateProject", {"tags": [{"key": "a", "value": "b"}]}),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("logs", "CreateLogGroup", {"tags": {"a": "b"}}),
        ("glue", "TagResource", {"TagsToAdd": {"a": "b"}}),
    ],
)
def test_tags_take_the_operations_own_form(service: str, operation: str, parameter: dict[str, Any]):
    """Lists of pairs under three spellings, or a map: the operation's model says which."""
    assert tag_parameter(client(service), operation, {"a": "b"}) == parameter


def test_no_tags_are_no_parameter():
    """Tagging asks for a permission of its own on AWS."""
    assert tag_parameter(client("kms"), "CreateKey", {}) == {}


def test_retagging_sends_only_the_difference():
    """What went is removed, what is new or changed is added, the rest is left alone."""
    glue = Mock(meta=client("glue").meta)
    retag(
        glue,
        ("TagResource", "UntagResource"),
        {"ResourceArn": "arn"},
        {"kept": "1", "changed": "1", "lost": "1"},
        {"kept": "1", "changed": "2", "new": "1"},
    )
    assert glue.mock_calls == [
        call.untag_resource(ResourceArn="arn", TagsToRemove=["lost"]),
        call.tag_resource(ResourceArn="arn", TagsToAdd={"changed": "2", "new": "1"}),
    ]
