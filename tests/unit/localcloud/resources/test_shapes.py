"""How a template's properties become an API's parameters."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.resources.shapes import api_parameters, document, refuse, renamed, require_unchanged


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_members_are_spelled_as_the_operations_model_has_them():
    """`ServiceRole` becomes `serviceRole`, at every depth and in lists."""
    found = api_parameters(
        client("codebuild"),
        "CreateProject",
        {"ServiceRole": "r", "Environment": {"EnvironmentVariables": [{"Name": "A", "Value": "1"}]}},
    )
    assert found == {"serviceRole": "r", "environment": {"environmentVariables": [{"name": "A", "value": "1"}]}}


def test_the_keys_of_a_map_stay_as_they_are():
    """A Glue job's arguments are the user's own words, not members."""
    found = api_parameters(client("glue"), "CreateJob", {"DefaultArguments": {"--Input_Path": 5, "--flag": True}})
    assert found == {"DefaultArguments": {"--Input_Path": "5", "--flag": "true"}}


def test_scalars_take_the_type_of_the_model():
    """Templates write numbers and booleans as text, and text as numbers, and CloudFormation takes both."""
    found = api_parameters(
        client("cloudwatch"),
        "PutMetricAlarm",
        {"Period": "60", "Threshold": "2.5", "ActionsEnabled": "False", "AlarmName": 7},
    )
    assert found == {"Period": 60, "Threshold": 2.5, "ActionsEnabled": False, "AlarmName": "7"}


def test_a_document_becomes_text_where_the_api_wants_text():
    """An event pattern is an object in a template and JSON text in the API."""
    found = api_parameters(client("events"), "PutRule", {"EventPattern": {"source": ["aws.sagemaker"]}})
    assert found == {"EventPattern": '{"source": ["aws.sagemaker"]}'}


def test_every_property_without_a_member_is_refused_by_its_path():
    """Nothing is dropped on the way: the error names all that the operation cannot carry."""
    with pytest.raises(
        UnsupportedError, match=r"Triggers, Source/Webhook \(not a parameter of codebuild:CreateProject"
    ):
        api_parameters(client("codebuild"), "CreateProject", {"Triggers": {}, "Source": {"Webhook": True}})


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"Period": "soon"}, "Period must be an integer, not 'soon'"),
        ({"ActionsEnabled": "perhaps"}, "ActionsEnabled must be true or false, not 'perhaps'"),
        ({"Dimensions": {"Name": "a"}}, "Dimensions must be a list, not {'Name': 'a'}"),
        ({"Dimensions": ["a"]}, "Dimensions must be an object, not 'a'"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_property(properties: dict[str, Any], says: str):
    """The message says which property, what it must be and what it was."""
    with pytest.raises(AwsError) as caught:
        api_parameters(client("cloudwatch"), "PutMetricAlarm", properties)
    assert caught.value.message == says


def test_renaming_reaches_every_depth():
    """A name is replaced wherever it stands, in lists too."""
    assert renamed({"Rules": [{"Id": 1, "Then": {"Id": 2}}]}, {"Id": "ID"}) == {"Rules": [{"ID": 1, "Then": {"ID": 2}}]}


def test_a_document_that_is_text_stays_as_it_is():
    """Only objects are written as JSON."""
    assert (document('{"a": 1}'), document({"a": 1})) == ('{"a": 1}', '{"a": 1}')


def test_refused_properties_are_named():
    """The error names all refused properties that the template sets, and no others."""
    with pytest.raises(UnsupportedError, match="The property A, B is not supported"):
        refuse({"A": 1, "B": [2], "C": []}, "A", "B", "C", "D")
    refuse({"C": [], "E": 1}, "C")


def test_what_cannot_change_says_from_what_to_what():
    """No operation changes a key's spec; the remedy is a new logical id."""
    with pytest.raises(AwsError, match=r"KeySpec .* from 'RSA_2048' to 'RSA_4096'; give the resource a new logical id"):
        require_unchanged({"KeySpec": "RSA_4096"}, {"KeySpec": "RSA_2048"}, "KeyUsage", "KeySpec")
