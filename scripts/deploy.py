"""Deploys a workload's pipeline with the real `cdk` command, after its prerequisites: the token and the bootstrap."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from botocore.exceptions import ClientError

from scripts import cdk_digest, cloud
from scripts.changes import local_github
from scripts.command import run
from stacks.settings import Github, Settings, load_settings
from stacks.workloads import WORKLOADS

#: One synthesis serves all commands.
SYNTHESIZED = ("--app", "cdk.out", "--ci")
#: All that cdk said in this checkout.
LOG = Path("cdk.out/cdk.log")


def main(workload: str) -> None:
    settings = load_settings(Path("gatehouse.toml"))
    if cloud.decided().is_local:
        reach(settings.github)
        local_github.create_repository(settings.github.owner, settings.github.repo)
    cdk_in_short("synth", "--quiet", *only(workload))
    if not _stack_exists("CDKToolkit"):
        bootstrap(settings)
    cdk_in_short("deploy", WORKLOADS[workload].stack_name("Pipeline"), "--require-approval", "never", *SYNTHESIZED)


def bootstrap(settings: Settings) -> None:
    """What the CDK needs in an account and region, once; it is based on the templates in cdk.out."""
    cdk_in_short("bootstrap", f"aws://{settings.project.account}/{settings.project.region}", *SYNTHESIZED)


def only(workload: str) -> tuple[str, str]:
    """What leaves the other workloads out of a synthesis."""
    return "--context", f"workload={workload}"


def cdk(*arguments: str) -> None:
    """Runs the cdk command; exits with its code if it fails."""
    done = subprocess.run(["cdk", *arguments], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def cdk_in_short(*arguments: str) -> None:
    """The same, with a digest of what it says. On AWS it says all, for it may ask for a token of a person's device."""
    if not cloud.decided().is_local:
        cdk(*arguments)
    elif code := cdk_digest.run(["cdk", *arguments], LOG):
        raise SystemExit(code)


def reach(github: Github) -> None:
    """Lets the local cloud's pipelines reach the repository, as a person does on AWS (docs/deploy-to-aws.md)."""
    if not github.connection:
        store_token(str(github.token_secret), local_github.token())
        return
    connections = cloud.client("codeconnections")
    try:
        connections.get_connection(ConnectionArn=github.connection)
    except connections.exceptions.ResourceNotFoundException as error:
        raise SystemExit(
            f"gatehouse.toml has [github] connection = {github.connection!r}, which the local cloud does not have. "
            "Make one, and write its ARN there: aws codeconnections create-connection --provider-type GitHub "
            f"--connection-name {github.repo}"
        ) from error


def store_token(secret_name: str, token: str) -> None:
    """The GitHub token in Secrets Manager, as a person stores it once on AWS (docs/deploy-to-aws.md)."""
    secrets = cloud.client("secretsmanager")
    try:
        secrets.create_secret(Name=secret_name, SecretString=token)
    except secrets.exceptions.ResourceExistsException:
        if secrets.get_secret_value(SecretId=secret_name)["SecretString"] != token:
            secrets.put_secret_value(SecretId=secret_name, SecretString=token)


def _stack_exists(name: str) -> bool:
    try:
        found = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise
    return bool(found[0]["StackStatus"].endswith("_COMPLETE"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
