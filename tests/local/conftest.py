"""A local cloud for the tests of this folder: one process, a free port, a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from localcloud.clients import ADMINISTRATOR


@dataclass(frozen=True)
class LocalCloud:
    home: Path
    endpoint_url: str

    def client(self, service: str) -> Any:
        """A boto3 client of the account's administrator."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
            **ADMINISTRATOR,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a child process talks to this local cloud."""
        credentials = {name.upper(): value for name, value in ADMINISTRATOR.items()}
        return {**os.environ, **credentials, "AWS_ENDPOINT_URL": self.endpoint_url, "AWS_DEFAULT_REGION": "us-east-1"}


def run_localcloud(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m localcloud …` as a user would run it."""
    return subprocess.run(
        [sys.executable, "-m", "localcloud", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    home = tmp_path_factory.mktemp("localcloud")
    up = run_localcloud(home, "up", "--port", "0")
    assert up.returncode == 0, up.stderr
    run = json.loads((home / "run.json").read_text())
    yield LocalCloud(home=home, endpoint_url=run["endpoint_url"])
    down = run_localcloud(home, "down")
    assert down.returncode == 0, down.stderr
