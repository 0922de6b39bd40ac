"""The intrinsic functions."""

import pytest

from localcloud.cloudformation import rules
from localcloud.cloudformation.values import Unknown
from localcloud.platform.errors import AwsError, UnsupportedError


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"Ref": "Bucket"}, "the-Bucket"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Size"}, "7"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Arn-of-Bucket"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "Arn-of-Bucket"),
        ({"Fn::Sub": "${Bucket}/${Bucket.Arn}/${AWS::Region}/${!Kept}"}, "the-Bucket/Arn-of-Bucket/us-east-1/${Kept}"),
        ({"Fn::Sub": ["${a}-${Size}", {"a": {"Ref": "Bucket"}}]}, "the-Bucket-7"),
        ({"Fn::Join": ["-", ["a", 5, True, {"Ref": "Bucket"}]]}, "a-5-true-the-Bucket"),
        ({"Fn::Select": [1, ["a", "b"]]}, "b"),
        ({"Fn::Select": ["0", {"Fn::Split": [",", "x,y"]}]}, "x"),
        ({"Fn::Base64": "hello"}, "aGVsbG8="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::If": ["Big", "yes", "no"]}, "yes"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "count"]}, 3),
        ({"Fn::ImportValue": "shared"}, "from elsewhere"),
        ({"a": {"Fn::If": ["Big", {"Ref": "AWS::NoValue"}, 1]}, "b": [{"Ref": "AWS::NoValue"}, 2]}, {"b": [2]}),
        ("{{resolve:secretsmanager:token}}", "{{resolve:secretsmanager:token}}"),
    ],
)
def test_gives_its_value(evaluation, value, result):
    """Each function gives what CloudFormation's documentation says."""
    template = {
        "Parameters": {"Size": {"Type": "Number"}},
        "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Size"}, 7]}},
        "Mappings": {"Sizes": {"us-east-1": {"count": 3}}},
    }
    assert evaluation(template, Size="7", exports={"shared": "from elsewhere"}).resolve(value) == result


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": ["a", "a"]}, True),
        ({"Fn::Equals": ["a", "b"]}, False),
        ({"Fn::Not": [{"Condition": "Yes"}]}, False),
        ({"Fn::And": [{"Condition": "Yes"}, {"Fn::Equals": ["true", True]}]}, True),
        ({"Fn::Or": [{"Fn::Not": [{"Condition": "Yes"}]}, {"Condition": "Yes"}]}, True),
    ],
)
def test_conditions(evaluation, condition, holds):
    """Conditions combine, and may name each other."""
    found = evaluation({"Conditions": {"Yes": {"Fn::Equals": [1, "1"]}, "It": condition}})
    assert found.condition("It") is holds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Select": [2, ["a", "b"]]}, "nonexistent value at index 2"),
        ({"Fn::FindInMap": ["Sizes", "mars", "count"]}, "Unable to get mapping for Sizes::mars::count"),
        ({"Fn::ImportValue": "missing"}, "No export named missing found"),
        ({"Fn::Join": ["-", [{"a": 1}]]}, "must be a string"),
        ({"Fn::Join": "-"}, "Fn::Join does not take '-'"),
        ({"Fn::If": ["Nobody", 1, 2]}, "Unresolved condition Nobody"),
    ],
)
def test_errors_name_function_and_value(evaluation, value, message):
    """A function that cannot give a value says which, and what it was given."""
    with pytest.raises(AwsError, match=message):
        evaluation().resolve(value)


def test_unknown_functions_are_refused_by_name(evaluation):
    """Nothing that looks like a function is passed on as text."""
    with pytest.raises(UnsupportedError, match="Fn::Made"):
        evaluation().resolve({"Fn::Made": "up"})


def test_what_is_not_known_yet_stays_unknown(evaluation):
    """Text around an unknown value is kept, and what selects from it is unknown."""
    values = evaluation()
    values.resources.ref = Unknown
    joined = values.resolve({"Fn::Join": ["", ["arn:", {"Ref": "Bucket"}, "/*"]]})
    assert joined == Unknown("Bucket", "arn:{{changeSet:KNOWN_AFTER_APPLY}}/*")
    assert values.resolve({"Fn::Select": [0, {"Fn::Split": ["-", {"Ref": "Bucket"}]}]}) == Unknown("Bucket")


def test_bootstrap_version_rule(evaluation):
    """The CDK's rule lets a new bootstrap stack pass and stops an old one, with the description as the reason."""
    template = {
        "Parameters": {"BootstrapVersion": {"Type": "String"}},
        "Rules": {
            "CheckBootstrapVersion": {
                "Assertions": [
                    {
                        "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "BootstrapVersion"}]}]},
                        "AssertDescription": "CDK bootstrap stack version 6 required.",
                    }
                ]
            }
        },
    }
    rules.check(evaluation(template, BootstrapVersion="30"))
    with pytest.raises(AwsError, match="CDK bootstrap stack version 6 required"):
        rules.check(evaluation(template, BootstrapVersion="2"))


def test_topics_to_notify_are_a_list_in_a_text(evaluation):
    """Where there are none, nothing stands in their place."""
    assert evaluation().resolve({"Fn::Sub": "to <${AWS::NotificationARNs}>"}) == "to <>"
    assert evaluation().resolve({"Fn::Join": ["-", {"Ref": "AWS::NotificationARNs"}]}) == ""
