"""The one entry point to a cloud: decides which, builds the command's environment for it, and becomes the command.

    python -m scripts.on_cloud local|aws [options] -- COMMAND …

On the local cloud the command sees nothing of the caller's own AWS settings. On AWS it prints account and region, and
asks before a command changes something. If no cloud answers, nothing runs.
"""

from __future__ import annotations

import argparse
import os
import sys

from handover.errors import FileFault
from scripts.cloud import aws, local
from scripts.cloud.decision import Cloud
from stacks.workloads import WORKLOADS

#: For commands that must not talk to a cloud: `cdk synth` would ask STS whose credentials it finds.
NO_CLOUD = "none"


def main(arguments: list[str]) -> None:
    """Does not return: the command replaces this process. Raises SystemExit if the command must not run."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = _parser().parse_args(arguments[:split]), arguments[split + 1 :]
    if not command:
        raise SystemExit("There is no command: python -m scripts.on_cloud CLOUD [options] -- COMMAND …")
    check_workload(options.workload)
    try:
        environment = environment_for(options)
    except FileFault as fault:
        raise SystemExit(str(fault)) from fault
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606  (what make wants to run, without a shell)
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from error


def environment_for(options: argparse.Namespace) -> dict[str, str]:
    """The command's environment; raises SystemExit if there is no such cloud, or if it must not be used."""
    if options.cloud == NO_CLOUD:
        return local.without_cloud(os.environ)
    if options.cloud not in {cloud.value for cloud in Cloud}:
        allowed = " or ".join(cloud.value for cloud in Cloud)
        raise SystemExit(f"CLOUD={options.cloud} is no cloud: {allowed}. Nothing was run.")
    if Cloud(options.cloud) is Cloud.LOCAL:
        return local.environment(local.home(), os.environ, start_it=options.start)
    return aws.environment(os.environ, changes=options.changes, yes=options.yes)


def check_workload(name: str | None) -> None:
    """Raises SystemExit that lists the workloads that exist."""
    if name is not None and name not in WORKLOADS:
        raise SystemExit(f"WORKLOAD={name} is no workload: {' or '.join(sorted(WORKLOADS))}. Nothing was run.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.on_cloud", description=__doc__)
    parser.add_argument("cloud", help=f"local, aws, or {NO_CLOUD} for what talks to no cloud")
    parser.add_argument("--workload", help="refuse where there is none of this name")
    parser.add_argument("--changes", default="", metavar="TARGET", help="it changes what stands there: ask, on AWS")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--start", action="store_true", help="start the local cloud where it does not run")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
