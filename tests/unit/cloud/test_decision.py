"""The decided cloud, as a variable carries it to a script."""

from __future__ import annotations

import pytest

from scripts import cloud
from scripts.cloud.decision import Cloud, Decision, UndecidedError, is_loopback

LOCAL = Decision(cloud=Cloud.LOCAL, account="1" * 12, region="us-east-1", endpoint_url="http://127.0.0.1:4566")
AWS = Decision(cloud=Cloud.AWS, account="1" * 12, region="eu-west-1")
AT_LOCAL = {"AWS_ENDPOINT_URL": LOCAL.endpoint_url}


def test_it_comes_back_as_it_was_decided() -> None:
    """A script reads the decision that the entry wrote."""
    assert Decision.of(LOCAL.variable | AT_LOCAL) == LOCAL
    assert Decision.of(AWS.variable) == AWS


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "Nobody decided which cloud"),
        ({"GATEHOUSE_CLOUD": "local"}, "did not write"),
        ({"GATEHOUSE_CLOUD": "azure 1 us-east-1"}, "did not write"),
        (LOCAL.variable, "AWS_ENDPOINT_URL is ''"),
        (LOCAL.variable | {"AWS_ENDPOINT_URL": "https://example.com"}, r"is 'https://example\.com'"),
        (LOCAL.variable | {"AWS_ENDPOINT_URL": "http://127.0.0.1:4567"}, "is 'http://127.0.0.1:4567'"),
        (LOCAL.variable | AT_LOCAL | {"AWS_ENDPOINT_URL_S3": "https://s3.example.com"}, "AWS_ENDPOINT_URL_S3 is"),
        (AWS.variable | AT_LOCAL, "AWS was decided on, and AWS_ENDPOINT_URL is"),
        (AWS.variable | {"AWS_ENDPOINT_URL_S3": "http://localhost:9000"}, "AWS_ENDPOINT_URL_S3 is"),
        (
            {"GATEHOUSE_CLOUD": "local 1 us-east-1 https://example.com", "AWS_ENDPOINT_URL": "https://example.com"},
            "was decided on",
        ),
    ],
)
def test_another_environment_is_refused(environment: dict[str, str], said: str) -> None:
    """A missing decision, a foreign one, and clients that would go elsewhere are each named."""
    with pytest.raises(UndecidedError, match=said):
        Decision.of(environment)


def test_a_script_past_the_entry_reaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script without the entry makes no client, although the user's own credentials and endpoint are set."""
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", **AT_LOCAL}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GATEHOUSE_CLOUD", raising=False)
    with pytest.raises(UndecidedError, match="Run it by make"):
        cloud.client("s3")


def test_a_client_goes_to_the_decided_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's region and endpoint are those of the decision."""
    for name, value in (LOCAL.variable | AT_LOCAL).items():
        monkeypatch.setenv(name, value)
    assert cloud.client("cloudformation").meta.endpoint_url == LOCAL.endpoint_url
    assert cloud.client("cloudformation").meta.region_name == "us-east-1"
    cloud.require_local("not raised")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566",
        "http://localhost:1",
        "localhost:1",
        "http://[::1]:9",
        "http://127.8.8.8",
        "http://0.0.0.0:1",
    ],
)
def test_this_machine_is_known_by_all_its_names(url: str) -> None:
    """Every address and name that leads to this machine is known as this machine."""
    assert is_loopback(url)


@pytest.mark.parametrize("url", ["https://192.0.2.1", "http://10.0.0.1:4566", "", "https://nowhere.invalid"])
def test_other_machines_are_others(url: str) -> None:
    """An address in the network, and a name that leads nowhere, are not this machine."""
    assert not is_loopback(url)
