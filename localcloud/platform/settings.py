"""The local cloud's settings, parsed once when it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where the local cloud keeps its files, and which account and region it plays."""

    port: int = 4566
    account_id: str = "123456789012"
    region: str = "us-east-1"
    #: All state, logs and work folders of one local cloud.
    home: Path = Path(".localcloud")
    #: Environments, jars and packages, shared by all local clouds of this user and keyed by lock hash.
    cache: Path = Path("~/.cache/gatehouse")
    #: AWS's waits (a canary's bake time, an alarm's period) are divided by this.
    time_scale: float = 100.0

    @property
    def endpoint_url(self) -> str:
        """An address, not a host name: botocore then addresses S3 buckets by path."""
        return f"http://{LOOPBACK}:{self.port}"

    @classmethod
    def from_environment(cls, *, home: Path, port: int, account_id: str, region: str) -> Settings:
        return cls(
            port=port,
            account_id=account_id,
            region=region,
            home=home.resolve(),
            cache=cls.cache_folder(),
            time_scale=float(os.environ.get("LOCALCLOUD_TIME_SCALE", "100")),
        )

    @staticmethod
    def cache_folder() -> Path:
        return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "gatehouse"
