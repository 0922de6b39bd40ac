"""Bootstraps the account and region of gatehouse.toml for the CDK; `scripts.deploy` does so too if it is missing."""

from __future__ import annotations

from pathlib import Path

from scripts import cloud
from scripts.command import run
from scripts.deploy import bootstrap, cdk
from stacks.settings import load_settings


def main() -> None:
    cloud.decided()
    cdk("synth", "--quiet")
    bootstrap(load_settings(Path("gatehouse.toml")))


if __name__ == "__main__":
    run(main)
