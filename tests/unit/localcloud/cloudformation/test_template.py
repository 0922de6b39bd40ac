"""What a template may hold, and what is refused by name."""

import json

import pytest

from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError, UnsupportedError

BUCKET = {"Type": "AWS::S3::Bucket"}


def parse(**sections):
    return Template.parse(json.dumps({"Resources": {"Bucket": BUCKET}, **sections}))


def resource(**attributes):
    return parse(Resources={"Bucket": {**BUCKET, **attributes}, "Other": BUCKET})


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"Transform": "AWS::Serverless-2016-10-31"}, "Transform"),
        ({"Hooks": {}}, "Hooks"),
        ({"Outputs": {"Zones": {"Value": {"Fn::GetAZs": ""}}}}, "Fn::GetAZs"),
        ({"Outputs": {"Text": {"Value": {"Fn::ToJsonString": {}}}}}, "Fn::ToJsonString"),
        ({"Resources": {"Server": {"Type": "AWS::EC2::Instance"}}}, r"AWS::EC2::Instance \(Server\)"),
        ({"Resources": {"B": {**BUCKET, "UpdatePolicy": {}}}}, "UpdatePolicy"),
        ({"Resources": {"B": {**BUCKET, "DeletionPolicy": "Snapshot"}}}, "DeletionPolicy 'Snapshot'"),
        ({"Resources": {"B": {**BUCKET, "Properties": {"Tags": {"Fn::Transform": {}}}}}}, "Fn::Transform"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(sections, named):
    """Sections, attributes, functions and types that the engine lacks are named before anything is made."""
    with pytest.raises(UnsupportedError, match=named):
        parse(**sections)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined"),
        ({"Extra": {}}, r"Invalid template property or properties \[Extra\]"),
        ({"Resources": {"B": {"Type": "AWS::Made::Up"}}}, r"Unrecognized resource types: \[AWS::Made::Up\]"),
        ({"Resources": {"my-bucket": BUCKET}}, "Resource name my-bucket is non alphanumeric"),
        ({"Resources": {"B": {**BUCKET, "Extra": 1}}}, "Invalid template resource property 'Extra'"),
        ({"Resources": {"B": {**BUCKET, "DependsOn": "C"}}}, r"Unresolved resource dependencies \[C\]"),
        ({"Outputs": {"O": {"Value": {"Ref": "Nobody"}}}}, r"Unresolved resource dependencies \[Nobody\].*Outputs"),
        ({"Outputs": {"O": {"Value": {"Fn::Sub": "${Nobody.Arn}"}}}}, r"\[Nobody\]"),
        ({"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Bucket", "Size"]}}}}, "does not support attribute type Size"),
    ],
)
def test_what_cannot_be_is_refused_in_aws_words(sections, message):
    """A template that contradicts itself is refused as CloudFormation words it."""
    with pytest.raises(AwsError, match=message) as caught:
        parse(**sections)
    assert caught.value.code == "ValidationError"


def test_a_circle_is_refused():
    """Resources that wait for each other are named."""
    with pytest.raises(AwsError, match=r"Circular dependency between resources: \[A, B\]"):
        parse(Resources={"A": {**BUCKET, "DependsOn": "B"}, "B": {**BUCKET, "DependsOn": ["A"]}})


def test_dependencies_are_seen_in_every_form():
    """DependsOn, Ref, GetAtt and Sub each make a dependency."""
    for found in (
        resource(DependsOn="Other"),
        resource(Properties={"BucketName": {"Ref": "Other"}}),
        resource(Properties={"Tags": [{"Key": "a", "Value": {"Fn::GetAtt": ["Other", "Arn"]}}]}),
        resource(Properties={"BucketName": {"Fn::Join": ["", ["a", {"Fn::Sub": "${Other}-b"}]]}}),
    ):
        assert found.resources["Bucket"].dependencies() == {"Other"}


def test_a_name_that_sub_gives_itself_is_no_dependency():
    """A variable of Fn::Sub's own map refers to no resource."""
    found = resource(Properties={"BucketName": {"Fn::Sub": ["${Nobody}", {"Nobody": "x"}]}})
    assert found.resources["Bucket"].dependencies() == set()


def test_capabilities():
    """IAM resources need an acknowledgement, those with names of their own a stronger one."""
    trust = {"AssumeRolePolicyDocument": {}}
    role = {"Type": "AWS::IAM::Role", "Properties": trust}
    named = {"Type": "AWS::IAM::Role", "Properties": {**trust, "RoleName": "mine"}}
    inline = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": {}}}
    assert parse().capabilities == []
    assert parse(Resources={"R": role, "P": inline}).capabilities == ["CAPABILITY_IAM"]
    assert parse(Resources={"R": role, "N": named}).capabilities == ["CAPABILITY_NAMED_IAM"]
