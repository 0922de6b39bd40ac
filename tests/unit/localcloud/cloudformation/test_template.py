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
        ({"Transform": "AWS::Include"}, "Transform"),
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


EQUAL = {"Fn::Equals": ["a", "a"]}
PARAMETER = {"Type": "String"}


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"Mappings": {"M": {"a": "b"}}}, "Template format error: Every Mappings member M must be a map"),
        ({"Mappings": {"M": {"a": {"b": {"c": "d"}}}}}, "Every Mappings attribute must be a String or a List."),
        (
            {"Conditions": {"C": {"Fn::Equals": ["a"]}}},
            "every Fn::Equals object requires a list of 2 string",
        ),
        ({"Conditions": {"C": {"Fn::Not": [EQUAL, EQUAL]}}}, "every Fn::Not object requires a list of 1 boolean"),
        ({"Conditions": {"C": {"Fn::And": [EQUAL]}}}, "every Fn::And object requires a list of at least 2"),
        (
            {"Conditions": {"C": {"Fn::Equals": [{"Ref": "Bucket"}, "a"]}}},
            "Cannot reference resources in",
        ),
        ({"Conditions": {"C": {"Fn::Or": [EQUAL, {"Condition": "D"}]}}}, "Unresolved condition dependency D"),
        ({"Parameters": {"P": {}}}, "Every Parameters object must contain a Type member."),
        ({"Parameters": {"P": {**PARAMETER, "Colour": "red"}}}, "Invalid template parameter property 'Colour'"),
        ({"Outputs": {"O": {"Value": None}}}, r"^\[/Outputs/O/Value\] 'null' values are not allowed in templates$"),
        ({"Outputs": {"O": {"Value": "a", "Condition": "C"}}}, "Unresolved condition dependency C"),
        ({"Outputs": {"O": {"Value": "a", "Export": {"Name": {"Ref": "Bucket"}}}}}, "must not depend on any resources"),
        (
            {"Outputs": {name: {"Value": "a", "Export": {"Name": "same"}} for name in ("A", "B")}},
            "Export names must be unique",
        ),
        (
            {"Resources": {"B": {**BUCKET, "Properties": {"Tags": [None]}}}},
            r"^\[/Resources/B/Properties/Tags/0\] 'n",
        ),
        (
            {"Resources": {"B": {**BUCKET, "DeletionPolicy": ["Retain"]}}},
            "Every DeletionPolicy member must be",
        ),
        (
            {"Resources": {"B": {**BUCKET, "Properties": {"BucketName": {"Ref": "No"}}}}},
            r"^Template format error: Unresolved resource dependencies \[No\] in the Resources block of the template$",
        ),
        (
            {"Outputs": {"O": {"Value": {"Ref": "No"}}}},
            r"^Unresolved resource dependencies \[No\] in the Outputs block of the template$",
        ),
    ],
)
def test_sections_are_checked_whole(sections, message):
    """Used or not, at once, in the words that tools match on."""
    with pytest.raises(AwsError, match=message) as caught:
        parse(**sections)
    assert caught.value.code == "ValidationError"


def test_metadata_may_hold_anything():
    """It may hold nulls, which no other section may."""
    assert parse(Metadata={"a": None}, Resources={"Bucket": {**BUCKET, "Metadata": {"a": [None]}}}).resources


def test_a_name_with_periods_in_subs_own_map_is_no_attribute():
    """The map is asked before the name is taken apart."""
    found = resource(Properties={"BucketName": {"Fn::Sub": ["${a.b}-${c}", {"a.b": "x", "c": "y"}]}})
    assert found.resources["Bucket"].dependencies() == set()


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
