"""The local cloud, for a command: it has to answer, and the command sees nothing of the caller's own AWS account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform import administrator, client_environment, run_file
from scripts.cloud.decision import VARIABLE, Cloud, Decision
from stacks.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.run_file import Running
    from stacks.settings import Project


def home() -> Path:
    return Path(os.environ.get("LOCALCLOUD_HOME", ".localcloud")).resolve()


def start(folder: Path, environment: Mapping[str, str], plays: Project) -> None:
    """Starts it if it does not run; raises SystemExit if it does not come up (it has already said why)."""
    command = [sys.executable, "-m", "localcloud", "--home", str(folder), "up"]
    command += ["--account-id", plays.account, "--region", plays.region]
    done = subprocess.run(command, env=without_cloud(environment), stdout=sys.stderr, check=False)
    if done.returncode:
        raise SystemExit("The local cloud is down, and it does not start: nothing was run.")


def answering(folder: Path) -> Running:
    """The local cloud of this home; raises SystemExit if none answers."""
    running = run_file.answering(folder)
    if running is None:
        raise SystemExit("The local cloud is down: start it with `make up`, or name AWS (CLOUD=aws). Nothing was run.")
    return running


def environment_on(running: Running, credentials: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without any settings of AWS clients, and with those of this local cloud."""
    decision = Decision(
        cloud=Cloud.LOCAL, account=running.account_id, region=running.region, endpoint_url=running.endpoint_url
    )
    return (
        without_cloud(environment)
        | client_environment.on_local_cloud(running.endpoint_url, running.region, credentials)
        | client_environment.past_proxies(environment)
        | decision.variable
    )


def without_cloud(environment: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment for a command that talks to no cloud: no credentials, and no decision."""
    return {name: value for name, value in client_environment.sealed(environment).items() if name != VARIABLE}


def environment(folder: Path, caller: Mapping[str, str], *, start_it: bool) -> dict[str, str]:
    """The environment of a command on the local cloud of this home.

    Raises SystemExit if none answers, or if it plays another account or region than gatehouse.toml names.
    """
    plays = load_settings(Path("gatehouse.toml")).project
    if start_it:
        start(folder, caller, plays)
    running = answering(folder)
    if (running.account_id, running.region) != (plays.account, plays.region):
        raise SystemExit(
            f"The local cloud plays the account {running.account_id} in {running.region}, and gatehouse.toml names "
            f"{plays.account} in {plays.region}. Nothing was run. `make down up` starts it as the one that is named; "
            "what it has belongs to the other one, and `python -m localcloud reset` forgets that."
        )
    return environment_on(running, administrator.credentials(folder), caller) | client_environment.for_the_cdk(folder)
