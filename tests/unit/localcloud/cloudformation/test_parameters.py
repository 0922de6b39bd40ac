"""Parameter values."""

import json

import pytest

from localcloud.cloudformation.parameters import evaluate
from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError, UnsupportedError


def template(**parameters):
    return Template.parse(json.dumps({"Parameters": parameters, "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}))


def given(**values):
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def values(parameters, *, previous=None, **own):
    return evaluate(template(**parameters), given(**own), previous or {}, lambda name: f"value of {name}")


def test_default_given_and_previous():
    """A given value wins over the default; the previous one is used where it is asked for."""
    definition = {"Size": {"Type": "Number", "Default": 3}}
    assert values(definition).values == {"Size": "3"}
    assert values(definition, Size="4").values == {"Size": "4"}
    reused = evaluate(template(**definition), [{"ParameterKey": "Size", "UsePreviousValue": True}], {"Size": "9"}, str)
    assert reused.values == {"Size": "9"}


def test_lists():
    """Lists are split at commas."""
    assert values({"L": {"Type": "CommaDelimitedList"}}, L="a, b").values == {"L": ["a", "b"]}


def test_ssm_parameters_are_looked_up():
    """Ref answers what the SSM parameter holds; what is kept is its name."""
    found = values({"V": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/version"}})
    assert found.values == {"V": "value of /version"}
    assert found.texts == {"V": "/version"}
    assert found.described == [
        {"ParameterKey": "V", "ParameterValue": "/version", "ResolvedValue": "value of /version"}
    ]


def test_no_echo_is_masked():
    """A NoEcho value is never shown, not even when it is refused."""
    definition = {"P": {"Type": "String", "NoEcho": True, "AllowedValues": ["a"]}}
    assert values(definition, P="a").described == [{"ParameterKey": "P", "ParameterValue": "****"}]
    with pytest.raises(AwsError) as caught:
        values(definition, P="hunter2")
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("definition", "value", "message"),
    [
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", r"must be one of AllowedValues: \[a, b\]; found 'c'"),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A", "must match pattern"),
        ({"Type": "String", "MinLength": 2}, "a", "at least 2 characters"),
        ({"Type": "String", "MaxLength": 2}, "abc", "at most 2 characters"),
        ({"Type": "Number"}, "many", "must be a number, not 'many'"),
        ({"Type": "Number", "MinValue": 1}, "0", "not less than 1"),
        ({"Type": "Number", "MaxValue": 1}, "2", "not greater than 1"),
        ({"Type": "String", "AllowedPattern": "x", "ConstraintDescription": "be x"}, "y", "Parameter 'P' must be x"),
    ],
)
def test_constraints(definition, value, message):
    """A value that is not allowed is refused with the parameter's name and the rule."""
    with pytest.raises(AwsError, match=message):
        values({"P": definition}, P=value)


def test_missing_and_unknown_parameters_are_named():
    """A parameter without a value, and a value without a parameter, are named."""
    with pytest.raises(AwsError, match=r"Parameters: \[P\] must have values"):
        values({"P": {"Type": "String"}})
    with pytest.raises(AwsError, match=r"Parameters: \[Q\] do not exist in the template"):
        values({"P": {"Type": "String", "Default": ""}}, Q="1")


def test_unknown_types_are_refused_by_name():
    """A parameter type that would need a look-up which the engine lacks is named."""
    with pytest.raises(UnsupportedError, match="AWS::EC2::KeyPair::KeyName"):
        values({"P": {"Type": "AWS::EC2::KeyPair::KeyName"}}, P="x")
