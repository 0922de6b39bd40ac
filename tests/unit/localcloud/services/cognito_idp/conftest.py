"""A user pool in a store of its own, with a clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import Settings
from localcloud.services.cognito_idp.authentication import Authentication
from localcloud.services.cognito_idp.directory import Directory
from localcloud.services.cognito_idp.secrets_given import SecretsGiven
from localcloud.services.cognito_idp.sign_ins import SignIns
from localcloud.services.cognito_idp.tokens import Tokens
from localcloud.services.cognito_idp.users import CONFIRMED

PASSWORD = "A-good-passw0rd"


class Clock:
    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, **by: float) -> None:
        self.time += timedelta(**by)


class People:
    """A pool with the user ``ann`` and a client, whose parts go by one clock."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        (home / "state").mkdir()
        cloud = Cloud.assemble(Settings(home=home, cache=home / "cache"))
        self.store = cloud.store
        self.directory = Directory(cloud)
        self.pool = self.directory.pools.create({"PoolName": "p"})["Id"]
        self.directory.keys.make(self.pool)
        self.client = self.directory.clients.create(self.pool, {"ClientName": "c"})
        self.user = self.directory.users.create(self.pool, "ann", {}, status=CONFIRMED, password=PASSWORD)
        self.sign_ins = SignIns(cloud.store, clock=self.clock)
        directory = self.directory
        self.tokens = Tokens("us-east-1", directory.keys, self.sign_ins, directory.users, clock=self.clock)
        self.given = SecretsGiven(cloud.store.table("given"), clock=self.clock)
        self.authentication = Authentication(directory.pools, directory.users, self.given, clock=self.clock)

    def sign_in(self, password: str = PASSWORD, name: str = "ann") -> Any:
        return self.authentication.with_password(self.client, name, password)


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)
