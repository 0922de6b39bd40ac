"""Dynamic references."""

import pytest

from localcloud.cloudformation.dynamic_references import DynamicReferences
from localcloud.platform.errors import AwsError, UnsupportedError

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:github/token-AbCdEf"


class Secrets:
    """Secrets Manager and Parameter Store with one entry each, and what they were asked."""

    def __init__(self):
        self.asked = []

    def get_secret_value(self, **asked):
        self.asked.append(asked)
        return {"SecretString": '{"user": "me", "password": "hunter2"}'}

    def get_parameter(self, **asked):
        self.asked.append(asked)
        return {"Parameter": {"Value": "from ssm"}}


@pytest.fixture
def secrets():
    return Secrets()


@pytest.fixture
def references(secrets):
    return DynamicReferences(lambda _: secrets)


@pytest.mark.parametrize(
    ("reference", "asked"),
    [
        ("token:SecretString:password", {"SecretId": "token"}),
        (f"{ARN}:SecretString:password", {"SecretId": ARN}),
        ("token:SecretString:password:AWSPREVIOUS", {"SecretId": "token", "VersionStage": "AWSPREVIOUS"}),
        ("token:SecretString:password::v1", {"SecretId": "token", "VersionId": "v1"}),
    ],
)
def test_a_secrets_key(references, secrets, reference, asked):
    """A key of a secret is resolved by name or ARN, of the current or another version, inside a longer text."""
    value = {"Headers": [f"Bearer {{{{resolve:secretsmanager:{reference}}}}}"]}
    assert references.resolve(value) == {"Headers": ["Bearer hunter2"]}
    assert secrets.asked == [asked]


def test_parameters(references):
    """Plain and secure parameters of Parameter Store are resolved."""
    assert references.resolve(["{{resolve:ssm:/a:2}}", "{{resolve:ssm-secure:/b}}"]) == ["from ssm", "from ssm"]


def test_each_is_fetched_once(references, secrets):
    """The same reference in many places is one call."""
    references.resolve(["{{resolve:ssm:/a}}"] * 3)
    assert len(secrets.asked) == 1


def test_fetched_values_are_kept_out_of_what_is_stored(references):
    """A message or an attribute that has a secret's value is kept with its reference instead."""
    reference = "{{resolve:secretsmanager:token:SecretString:password}}"
    references.resolve(reference)
    assert references.restored({"Value": ["401 for hunter2"]}) == {"Value": [f"401 for {reference}"]}


def test_a_missing_key_is_named(references):
    """A key that the secret does not have is named; the secret's text is not shown."""
    with pytest.raises(AwsError, match="JSONKey pin in SecretString of token") as caught:
        references.resolve("{{resolve:secretsmanager:token:SecretString:pin}}")
    assert "hunter2" not in caught.value.message


def test_other_services_are_refused_by_name(references):
    """A reference to a store that the engine does not know is not passed on as text."""
    with pytest.raises(UnsupportedError, match="resolve:vault:x"):
        references.resolve("{{resolve:vault:x}}")
