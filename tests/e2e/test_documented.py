"""The commands of README and docs, typed as they stand there, against a local cloud with a release in PROD."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clouds import PROJECT, LocalCloud
from tests.commands import all_commands
from tests.e2e.conftest import User
from tests.settings import linked

README = (PROJECT / "README.md").read_text()
#: What a target that changes nothing prints; the other targets are run by the scripts that the chapters call.
PRINTED = {
    "help": r"^  make status +what runs",
    "status": r"CarEvaluationPipeline.*Succeeded",
    "logs": r"^  validation:mlogloss = 0\.\d+$",
    "ask": r"\A(unacc|acc|good|vgood)\n\Z",
    "verify-report": r"the gate's, to the byte",
    "releases": r"^\d+ .* serves since \d{4}-\d\d-\d\d \d\d:\d\d",
    "follow": r"✓ PROD",
}


def typed(command: str, cloud: LocalCloud) -> subprocess.CompletedProcess[str]:
    """The command in a shell of the project's folder, whose environment is installed. It is nobody's sub-make."""
    folder = cloud.home.with_name("project")
    if not folder.is_dir():
        folder.mkdir()
        linked(folder)
    made = "--old-file=.venv/installed --old-file=node_modules/installed"
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
        | {"PATH": path, "LOCALCLOUD_HOME": str(cloud.home), "MAKEFLAGS": made},
        capture_output=True,
        text=True,
        check=False,
    )


def target_of(command: str) -> str:
    """The target of a call of make; empty for another program."""
    program, target, *_ = command.split()
    return target if program == "make" else ""


#: On AWS one would type the same with CLOUD=aws. What concerns another workload is asked in the chapter of that one.
_COMMANDS = dict.fromkeys(
    command.text.replace(" CLOUD=aws", "")
    for command in all_commands()
    if "…" not in command.text and re.search(r"WORKLOAD=(?!car_evaluation)", command.text) is None
)


@pytest.mark.parametrize("command", [command for command in _COMMANDS if target_of(command) in PRINTED])
def test_a_documented_command_prints_what_it_is_for(command: str, released: User) -> None:
    """Each documented call of a target that reads succeeds, and its output has the shape that one expects."""
    done = typed(command, released.cloud)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(PRINTED[target_of(command)], done.stdout, re.MULTILINE | re.DOTALL), done.stdout


def test_every_target_that_reads_is_documented() -> None:
    """The pages show a call of each target whose output is known here."""
    assert {target_of(command) for command in _COMMANDS} >= set(PRINTED)


def test_the_table_of_releases_is_the_documented_one(released: User) -> None:
    """docs/releases.md shows the columns and the last line that `make releases` prints."""
    block = re.search(
        r"(?:^    .*\n)*^    version .*\n(?:^    .*\n)*", (PROJECT / "docs/releases.md").read_text(), re.MULTILINE
    )
    assert block is not None
    shown = [line.strip() for line in block[0].splitlines()]
    printed = typed("make releases", released.cloud).stdout.splitlines()
    assert re.split(r" {2,}", printed[0]) == re.split(r" {2,}", shown[0])
    assert re.sub(r"\d+\)$", "…)", printed[-1]) == re.sub(r"\d+\)$", "…)", shown[-1])


def test_the_readme_shows_the_steps_of_a_push(released: User) -> None:
    """The README's steps are those of a release, in their order."""
    step = re.compile(r"^\s*✓ (\S+) +(\S+) +\d+\.\d s$", re.MULTILINE)
    printed = step.findall(typed("make follow", released.cloud).stdout)
    assert printed == step.findall(README)
    assert len(printed) == 10


def test_the_readme_quotes_prod_and_the_gate(released: User) -> None:
    """PROD's answer and the gate's sentence in the README are those of the first release."""
    said = re.search(r"PROD answers  (\S+) → (\S+)\n\s*The gate said (\w+): (.*?)\n\n", README, re.DOTALL)
    assert said is not None
    row, answer, verdict, reason = said.groups()
    assert released.ask(row) == answer
    first = released.packages()[-1]
    report = json.loads(_stored(released, first["CustomerMetadataProperties"]["pipeline_execution"]))
    assert (report["verdict"], report["reason"]) == (verdict, re.sub(r"\s+", " ", reason))


def _stored(user: User, execution: str) -> bytes:
    """The gate's report of an execution."""
    bucket = user.outputs("CarEvaluationPipeline")["DataBucketName"]
    body: bytes = user.cloud.client("s3").get_object(Bucket=bucket, Key=f"gate/{execution}/gate.json")["Body"].read()
    return body


def test_the_users_own_clients_talk_to_the_local_cloud(released: User) -> None:
    """After the README's eval, the aws command and boto3 see the endpoint in PROD."""
    (evaluated,) = [command for command in _COMMANDS if command.startswith("eval ")]
    aws = "aws sagemaker describe-endpoint --endpoint-name car-evaluation-prod --query EndpointStatus --output text"
    boto3 = "import boto3; print(boto3.client('sagemaker').list_endpoints()['Endpoints'][0]['EndpointName'])"
    done = typed(f'{evaluated} && {aws} && python -c "{boto3}"', released.cloud)
    assert done.stdout.splitlines() == ["InService", "car-evaluation-prod"], done.stderr


def test_the_shared_log_groups_can_be_made_to_forget(released: User) -> None:
    """The loop of docs/security.md sets the retention of the two groups that no stack can own."""
    loop = re.search(
        r"^    for group in .*?^    done$", (PROJECT / "docs/security.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert loop is not None
    done = typed(f'eval "$(make -s env)"\n{loop[0]}', released.cloud)
    assert done.returncode == 0, done.stderr
    groups = released.cloud.client("logs").describe_log_groups()["logGroups"]
    assert {group.get("retentionInDays") for group in groups} == {90}
