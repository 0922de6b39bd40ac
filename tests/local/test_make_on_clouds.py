"""`make` in the shell of a user who has an AWS account of their own: which cloud it talks to, and which never."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.settings import load_settings
from tests.clouds import PROJECT, LocalCloud
from tests.foreign import AWS_ITSELF, Listener, account_at, listening
from tests.settings import FILE, linked

_PROJECT = load_settings(FILE).project
#: The project as the tests' settings make it.
_FOLDER = tempfile.TemporaryDirectory()
linked(Path(_FOLDER.name))
_RECIPES = dict(
    re.findall(r"^([a-z][a-z-]*):[^\n]*\n((?:\t[^\n]*\n)+)", (PROJECT / "Makefile").read_text(), re.MULTILINE)
)
#: What talks to a cloud: by the entry, and `env`, which hands the local one to the user's own shell.
TARGETS = sorted({name for name, recipe in _RECIPES.items() if "$(ON)" in recipe} | {"env"})
#: Tried last, because then there is a pipeline; it bootstraps, too, and runs the same cdk as `diff`.
_DEPLOYS = "deploy"
_NOT_TRIED = {"demo", "bootstrap", "diff", _DEPLOYS}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening(_PROJECT.account) as found:
        yield found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    found = LocalCloud.up(tmp_path_factory.mktemp("localcloud"))
    yield found
    found.down()


def make(target: str, *settings: str, folder: str = _FOLDER.name, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make TARGET` in the project's own environment, with these variables over the machine's."""
    return subprocess.run(
        ["make", "-o", ".venv/installed", "-o", "node_modules/installed", f"PY={sys.executable}", target, *settings],
        cwd=folder,
        env=os.environ | {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_recipe_goes_by_the_entry() -> None:
    """No recipe runs a script or the cdk past it, or evaluates what a command prints."""
    assert {"rollback", "ask", "deploy", "diff", "compare", "iam"} <= set(TARGETS)
    for name, recipe in _RECIPES.items():
        assert "eval" not in recipe, name
        if re.search(r"-m scripts\.|\bcdk (?!command)", recipe.replace("-m scripts.on_cloud", "")):
            assert any(entry in recipe for entry in ("$(ON)", "$(ON_NONE)", "$(ON_THE_CLOUD_OF_DATA)")), name


@pytest.mark.parametrize("target", TARGETS)
def test_without_the_local_cloud_nothing_is_run(target: str, listener: Listener, tmp_path: Path) -> None:
    """Each target says that the cloud is down and fails, and the user's own account hears nothing.

    Targets that would start the cloud find its port taken.
    """
    done = make(
        target,
        **account_at(listener.url),
        HTTP_PROXY=listener.url,
        LOCALCLOUD_HOME=str(tmp_path),
        LOCALCLOUD_PORT=str(listener.port),
    )
    assert done.returncode != 0, done.stdout
    assert "The local cloud is down" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert listener.heard == []
    if target == "env":
        assert done.stdout == ""


@pytest.mark.parametrize("target", [*(name for name in TARGETS if name not in _NOT_TRIED), _DEPLOYS])
def test_on_the_local_cloud_the_users_account_hears_nothing(target: str, cloud: LocalCloud, listener: Listener) -> None:
    """A target says in a sentence what is not there yet, and sends nothing to the user's endpoints or proxy."""
    settings = ["KEEP=champion"] if target == "end-experiment" else []
    done = make(target, *settings, **account_at(listener.url), HTTP_PROXY=listener.url, LOCALCLOUD_HOME=str(cloud.home))
    assert listener.heard == []
    assert "Traceback" not in done.stderr, done.stderr
    found = {_DEPLOYS, "data", "env", "releases", "status"}
    assert (done.returncode == 0) == (target in found), done.stdout + done.stderr


def test_the_local_cloud_itself_knows_nothing_of_the_users_account(listener: Listener, tmp_path: Path) -> None:
    """The process was started by a user with an account of their own, and knows nothing of it."""
    done = make(
        "up", **account_at(listener.url), HTTP_PROXY=listener.url, LOCALCLOUD_HOME=str(tmp_path), LOCALCLOUD_PORT="0"
    )
    assert done.returncode == 0, done.stderr
    cloud = LocalCloud.at(tmp_path)
    try:
        variables = Path(f"/proc/{cloud.running.pid}/environ").read_text()
        assert "foreign" not in variables
        assert cloud.client("sts").get_caller_identity()["Account"] == cloud.running.account_id
    finally:
        cloud.down()
    assert listener.heard == []


def test_the_local_cloud_plays_what_the_settings_name(tmp_path: Path) -> None:
    """`make up` starts it with the account and region of gatehouse.toml; if they change, commands say what to do."""
    folder = linked(tmp_path)
    settings, text = folder / "gatehouse.toml", FILE.read_text()
    settings.write_text(text.replace(_PROJECT.account, "210987654321").replace(_PROJECT.region, "eu-central-1"))
    home = {"LOCALCLOUD_HOME": str(tmp_path / "home"), "LOCALCLOUD_PORT": "0"}
    done = make("up", folder=str(folder), **home)
    assert done.returncode == 0, done.stderr
    cloud = LocalCloud.at(tmp_path / "home")
    try:
        assert (cloud.running.account_id, cloud.running.region) == ("210987654321", "eu-central-1")
        assert cloud.client("sts").get_caller_identity()["Account"] == "210987654321"
        # The cdk would go on to take the administrator's key for one of the account that it saw first.
        assert f"export CDK_HOME={tmp_path / 'home' / 'cdk'}\n" in make("env", folder=str(folder), **home).stdout
        assert make("status", folder=str(folder), **home).returncode == 0
        settings.write_text(text)
        done = make("status", folder=str(folder), **home)
        assert done.returncode != 0
        assert "The local cloud plays the account 210987654321 in eu-central-1, and gatehouse.toml names" in done.stderr
        assert "make down up" in done.stderr
    finally:
        cloud.down()


def test_the_users_own_shell(cloud: LocalCloud, listener: Listener) -> None:
    """After `eval "$(make -s env)"` each service of the aws command is the local cloud's, SQS too, and in scripts, too.

    Version 1 has addresses of its own for a few services, and looks at no variable before it takes them.
    """
    script = """
        eval "$(make -s -o .venv/installed env)" && aws --version &&
        aws sqs list-queues && sh -c 'aws sqs list-queues' &&
        aws sts get-caller-identity && ! sh -c 'aws rds describe-db-instances'
    """
    proxies = {"HTTPS_PROXY": listener.url, "HTTP_PROXY": "", "http_proxy": "", "https_proxy": listener.url}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=_FOLDER.name,
        env=os.environ | account_at(listener.url) | proxies | {"LOCALCLOUD_HOME": str(cloud.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "aws-cli/1." in done.stdout
    assert cloud.running.account_id in done.stdout
    assert "rds" in done.stderr
    assert listener.heard == []


@pytest.mark.parametrize("data", ["s3://bucket/wine.csv", "wine.csv"])
def test_data_in_s3_are_those_of_the_decided_cloud(data: str, listener: Listener, tmp_path: Path) -> None:
    """`make new-workload` needs a cloud for an address in S3 alone, and the user's own account hears nothing."""
    settings = ("NAME=wine", f"DATA={data}")
    done = make("new-workload", *settings, **account_at(listener.url), LOCALCLOUD_HOME=str(tmp_path))
    assert done.returncode != 0
    said = "The local cloud is down" if data.startswith("s3:") else "DATA=wine.csv: there is no such file."
    assert said in done.stderr
    assert listener.heard == []


# ---- CLOUD=aws: a proxy that plays STS, because an endpoint on this machine is refused


def on_aws(target: str, listener: Listener, *settings: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make TARGET CLOUD=aws` of a user with credentials."""
    user = {
        "AWS_ACCESS_KEY_ID": "AKIAANN",
        "AWS_SECRET_ACCESS_KEY": "ann",
        "AWS_ENDPOINT_URL": AWS_ITSELF,
        "AWS_MAX_ATTEMPTS": "1",
        "HTTP_PROXY": listener.url,
    }
    return make(target, "CLOUD=aws", *settings, **user | variables)


def only_who(listener: Listener) -> bool:
    """Whether STS was asked who calls, and nothing else was."""
    return ["Action=GetCallerIdentity" in line for line in listener.heard] == [True]


def test_aws_is_named_before_anything_is_read(listener: Listener) -> None:
    """A target says account, region and caller, and then reads; it asks for no yes."""
    done = on_aws("releases", listener)
    assert done.stderr.startswith(
        f"AWS account {_PROJECT.account}, region {_PROJECT.region}, as arn:aws:iam::{_PROJECT.account}:user/ann\n"
    )
    assert "GetCallerIdentity" in listener.heard[0]
    assert "SageMaker.ListModelPackages" in listener.heard[1]


@pytest.mark.parametrize("target", ["deploy", "bootstrap", "rollback", "end-experiment"])
def test_without_a_terminal_a_change_needs_a_yes(target: str, listener: Listener) -> None:
    """The target changes nothing, and names the way to say yes."""
    done = on_aws(target, listener)
    assert done.returncode != 0
    assert f"make {target} changes what stands there" in done.stderr
    assert "YES=1" in done.stderr
    assert only_who(listener)


def test_yes_beforehand_goes_on(listener: Listener) -> None:
    """With YES=1 the rollback looks at PROD's stack, on AWS."""
    on_aws("rollback", listener, "YES=1")
    assert "Action=DescribeStacks" in listener.heard[1]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_REGION": "eu-west-3"}, "Your AWS region is eu-west-3"),
        ({"AWS_DEFAULT_REGION": "eu-west-3"}, "Your AWS region is eu-west-3"),
    ],
)
def test_another_region_is_refused(listener: Listener, variables: dict[str, str], said: str) -> None:
    """The target sends nothing but the question who calls."""
    done = on_aws("releases", listener, **variables)
    assert done.returncode != 0
    assert said in done.stderr
    assert only_who(listener)


def test_another_account_is_refused() -> None:
    """The refusal says which account gatehouse.toml names."""
    with listening("999999999999") as other:
        done = on_aws("releases", other)
        assert done.returncode != 0
        assert f"Your AWS account is 999999999999, and gatehouse.toml names {_PROJECT.account}" in done.stderr
        assert only_who(other)


def test_without_credentials_a_sentence_says_so(listener: Listener) -> None:
    """The target prints no traceback and sends nothing."""
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nowhere"}
    done = on_aws("releases", listener, **nobody)
    assert done.returncode != 0
    assert "AWS does not know who you are" in done.stderr
    assert "Traceback" not in done.stderr
    assert listener.heard == []


def test_this_machine_is_not_aws(listener: Listener) -> None:
    """The variables of the local cloud in the same shell are refused before anything is sent."""
    done = on_aws("releases", listener, AWS_ENDPOINT_URL=listener.url)
    assert done.returncode != 0
    assert "this shell's AWS clients talk to this machine" in done.stderr
    assert listener.heard == []


@pytest.mark.parametrize("target", ["demo", "push", "iam", "iam-mutations"])
def test_what_only_the_local_cloud_has_is_refused_on_aws(target: str, listener: Listener) -> None:
    """The refusal says what is done instead, and nothing was asked but whose the account is."""
    done = on_aws(target, listener)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert only_who(listener), listener.heard
