"""Local clouds: each is one process, on a free port, with its own home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench import PROJECT
from bench.lab.processes import until_gone
from bench.lab.waiting import DEADLINE_SECONDS
from localcloud.platform import administrator, run_file
from localcloud.platform.processes import OWNER_VARIABLE
from localcloud.platform.run_file import Running
from scripts.cloud.local import environment_on


class LocalCloudError(Exception):
    """The local cloud does not come up, go down or say where it is; the message is its own."""


@dataclass(frozen=True)
class LocalCloud:
    """One process with its own home; `make` would find it there."""

    home: Path
    endpoint_url: str

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the account's administrator; ``config`` has further settings for botocore's Config."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}, **config),
            **self.administrator,
        )

    @property
    def administrator(self) -> dict[str, str]:
        """The administrator's credentials, as boto3's keyword arguments."""
        return administrator.credentials(self.home)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a child process talks to this local cloud, as if make had started it."""
        node = subprocess.run(
            [sys.executable, "-m", "localcloud", "node"], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        tools = (str(Path(sys.executable).parent), str(PROJECT / "node_modules" / ".bin"), node.stdout.strip())
        return {
            **environment_on(self.running, self.administrator, os.environ),
            "LOCALCLOUD_HOME": str(self.home),
            "PATH": os.pathsep.join((*tools, os.environ["PATH"])),
        }

    @property
    def running(self) -> Running:
        """What it recorded when it started."""
        return _running_in(self.home)

    @classmethod
    def up(cls, home: Path) -> LocalCloud:
        """Starts one; raises LocalCloudError with its own message if it does not come up."""
        _checked(run_localcloud(home, "up", "--port", "0"))
        return cls.at(home)

    @classmethod
    def at(cls, home: Path) -> LocalCloud:
        """The local cloud that runs in this home."""
        return cls(home=home, endpoint_url=_running_in(home).endpoint_url)

    def kill(self) -> None:
        """Ends it with SIGKILL, as a crash or the kernel would; what it had started keeps running."""
        pid = json.loads((self.home / "run.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        until_gone(pid)

    def start_again(self) -> None:
        """Starts it again in its home, on the same port."""
        _checked(run_localcloud(self.home, "up", "--port", self.endpoint_url.rpartition(":")[2]))

    def down(self) -> None:
        _checked(run_localcloud(self.home, "down"))

    def started(self) -> dict[int, str]:
        """The processes that this local cloud started and that still run: process id → command line."""
        mark = f"{OWNER_VARIABLE}={self.home}".encode()
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found


def run_localcloud(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m localcloud …` as a user would run it."""
    return subprocess.run(
        [sys.executable, "-m", "localcloud", "--home", str(home), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )


def _checked(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise LocalCloudError(done.stderr)


def _running_in(home: Path) -> Running:
    found = run_file.read(home)
    if found is None:
        raise LocalCloudError(f"No local cloud runs in {home}.")
    return found
