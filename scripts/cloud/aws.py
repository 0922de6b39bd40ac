"""AWS, for a command: whose account it is, whether it is the one that gatehouse.toml names, and whether to go on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scripts.cloud.decision import Cloud, Decision, endpoints, is_loopback
from stacks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.settings import Project


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who calls AWS with the credentials of this environment."""

    account: str
    arn: str
    region: str


def environment(caller: Mapping[str, str], *, changes: str, yes: bool) -> dict[str, str]:
    """What a command on AWS gets: the caller's own environment, and the region that gatehouse.toml names.

    ``changes`` is what it changes, in a word such as ``rollback``; empty if it only reads. Raises SystemExit that says
    why it cannot go on.
    """
    project = load_settings(Path("gatehouse.toml")).project
    check_endpoints(caller)
    found = who_calls(caller, project.region)
    print(f"AWS account {found.account}, region {found.region}, as {found.arn}", file=sys.stderr, flush=True)
    check_project(found, project)
    if changes and not yes:
        confirm(changes, sys.stdin)
    decision = Decision(cloud=Cloud.AWS, account=found.account, region=found.region)
    return {**caller, "AWS_REGION": found.region, "AWS_DEFAULT_REGION": found.region, **decision.variable}


def check_endpoints(environment: Mapping[str, str]) -> None:
    """Raises SystemExit if a variable sends clients to this machine instead of AWS."""
    for name, value in endpoints(environment).items():
        if is_loopback(value):
            raise SystemExit(
                f"CLOUD=aws, but {name} is {value}: this shell's AWS clients talk to this machine. Take another shell,"
                " or unset what `make env` has set. Nothing was run."
            )


def who_calls(environment: Mapping[str, str], usual_region: str) -> Caller:
    """From sts:GetCallerIdentity. ``usual_region`` is used if the environment names none; raises SystemExit."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.Session()
        region = environment.get("AWS_REGION") or session.region_name or usual_region
        sts = session.client("sts", region_name=region)
        if is_loopback(sts.meta.endpoint_url):
            raise SystemExit(
                f"CLOUD=aws, but your AWS configuration sends clients to {sts.meta.endpoint_url}, this machine."
                " Nothing was run."
            )
        identity = sts.get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise SystemExit(
            f"CLOUD=aws, but AWS does not know who you are: {error}. Set credentials of the account (`aws sts"
            " get-caller-identity` has to answer). Nothing was run."
        ) from error
    return Caller(account=identity["Account"], arn=identity["Arn"], region=region)


def check_project(caller: Caller, project: Project) -> None:
    """Raises SystemExit if the account or the region is not the one in gatehouse.toml."""
    for what, found, named in (("account", caller.account, project.account), ("region", caller.region, project.region)):
        if found != named:
            raise SystemExit(
                f"Your AWS {what} is {found}, and gatehouse.toml names {named} ([project] {what}). Nothing was run."
            )


def confirm(changes: str, answers: TextIO) -> None:
    """Asks once; raises SystemExit for any answer but yes, and if nobody can be asked."""
    if not answers.isatty():
        raise SystemExit(
            f"make {changes} changes what stands there, and without a terminal nobody can be asked: YES=1 goes on."
            " Nothing was run."
        )
    print(f"make {changes} changes what stands there. Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if answers.readline().strip().lower() not in {"y", "yes"}:
        raise SystemExit("Nothing was run.")
