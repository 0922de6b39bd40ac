"""What a command's environment is on each cloud, whatever the caller's was."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.platform import client_environment
from localcloud.platform.client_environment import SEALED
from localcloud.platform.run_file import Running
from scripts import on_cloud
from scripts.cloud import aws, local
from scripts.cloud.aws import Caller
from stacks.settings import Project
from stacks.workloads import WORKLOADS
from tests.foreign import AWS_ITSELF, account_at
from tests.settings import in_a_project

RUNNING = Running(pid=1, port=4566, endpoint_url="http://127.0.0.1:4566", account_id="1" * 12, region="us-east-1")
CREDENTIALS = {"aws_access_key_id": "LOCALCLOUDADMIN", "aws_secret_access_key": "local"}
CALLER = {"PATH": "/bin", "HOME": "/home/ann", "NO_PROXY": "intranet", **account_at(AWS_ITSELF)}
PROJECT = Project(account="1" * 12, region="us-east-1")


def test_the_local_cloud_sees_no_setting_of_the_callers() -> None:
    """All that AWS clients read is the local cloud's, and all else is as it was."""
    found = local.environment_on(RUNNING, CREDENTIALS, CALLER)
    assert {name: value for name, value in found.items() if name.startswith(("AWS_", "BOTO"))} == {
        **SEALED,
        "AWS_ACCESS_KEY_ID": "LOCALCLOUDADMIN",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    assert "foreign" not in str(found)
    assert (found["PATH"], found["HOME"]) == ("/bin", "/home/ann")
    assert found["NO_PROXY"] == found["no_proxy"] == "intranet,127.0.0.1,localhost"
    assert found["GATEHOUSE_CLOUD"] == "local 111111111111 us-east-1 http://127.0.0.1:4566"


def test_no_cloud_is_no_cloud() -> None:
    """A command that talks to no cloud gets neither credentials nor a decision."""
    found = local.without_cloud(CALLER | {"GATEHOUSE_CLOUD": "aws 1 us-east-1"})
    assert found == {"PATH": "/bin", "HOME": "/home/ann", "NO_PROXY": "intranet", **SEALED}


def test_the_seal_holds_in_place_and_names_what_it_took() -> None:
    """The local cloud seals its own process, so that what it starts inherits no setting of the caller's."""
    environment = dict(CALLER)
    foreign = client_environment.seal(environment)
    assert foreign == set(account_at(AWS_ITSELF))
    assert environment == client_environment.sealed(CALLER)


def test_the_cdk_keeps_its_cache_with_the_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cdk remembers whose account an access key is: not beyond the cloud whose key it is."""
    in_a_project(tmp_path, monkeypatch)
    running = replace(RUNNING, account_id="123456789012")
    monkeypatch.setattr(local, "answering", lambda _: running)
    assert local.environment(tmp_path, {}, start_it=False)["CDK_HOME"] == str(tmp_path / "cdk")


def test_another_account_than_the_settings_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names both, and what starts the right one."""
    in_a_project(tmp_path, monkeypatch)
    monkeypatch.setattr(local, "answering", lambda _: RUNNING)
    said = r"plays the account 111111111111 in us-east-1, and gatehouse.toml names 123456789012 .*make down up"
    with pytest.raises(SystemExit, match=said):
        local.environment(tmp_path, {}, start_it=False)


def test_a_cloud_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    """The refusal says what to do about it."""
    with pytest.raises(SystemExit, match=r"The local cloud is down: start it with `make up`.*Nothing was run"):
        local.environment(tmp_path, {}, start_it=False)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_aws_at_this_machine_is_refused(name: str) -> None:
    """A shell with the local cloud's variables does not pass for AWS."""
    with pytest.raises(SystemExit, match=rf"CLOUD=aws, but {name} is http://localhost:4566"):
        aws.check_endpoints({name: "http://localhost:4566"})
    aws.check_endpoints({name: AWS_ITSELF})


@pytest.mark.parametrize(
    ("account", "region", "said"),
    [
        ("2" * 12, "us-east-1", r"Your AWS account is 222222222222, and gatehouse.toml names 111111111111"),
        ("1" * 12, "eu-west-1", r"Your AWS region is eu-west-1, and gatehouse.toml names us-east-1"),
    ],
)
def test_another_account_or_region_is_refused(account: str, region: str, said: str) -> None:
    """The refusal names the account or region that was found, and the one of gatehouse.toml."""
    with pytest.raises(SystemExit, match=said):
        aws.check_project(Caller(account=account, arn="arn", region=region), PROJECT)
    aws.check_project(Caller(account="1" * 12, arn="arn", region="us-east-1"), PROJECT)


class Terminal(io.StringIO):
    """Where a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["n\n", "\n", "", "nay\n", "yesterday\n"])
def test_anything_but_yes_is_no(answer: str) -> None:
    """An empty line is no yes, and neither is an end without an answer."""
    with pytest.raises(SystemExit, match="Nothing was run"):
        aws.confirm("rollback", Terminal(answer))


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n"])
def test_yes_goes_on(answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is asked hears what the question is about, and a yes goes on."""
    aws.confirm("rollback", Terminal(answer))
    assert "make rollback changes what stands there. Go on? [y/N]" in capsys.readouterr().err


def test_without_a_terminal_nobody_is_asked() -> None:
    """The refusal names the variable that says yes beforehand."""
    with pytest.raises(SystemExit, match="YES=1"):
        aws.confirm("rollback", io.StringIO("y\n"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["azure", "--", "true"], "CLOUD=azure is no cloud: local or aws"),
        (["local", "--workload", "x", "--", "true"], f"WORKLOAD=x is no workload: {' or '.join(sorted(WORKLOADS))}"),
        (["local"], "There is no command"),
    ],
)
def test_what_there_is_not_is_refused_by_name(arguments: list[str], said: str) -> None:
    """The command line is refused in one sentence, before any cloud is looked for."""
    with pytest.raises(SystemExit, match=said):
        on_cloud.main(arguments)
