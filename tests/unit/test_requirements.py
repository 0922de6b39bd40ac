from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
STEPS = ("ml_init", "ml_training", "ml_test")


def pins(text: str) -> dict[str, str]:
    """Exact pins by package name."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text, re.MULTILINE))


def test_a_package_has_one_version() -> None:
    """Steps, the list for users, and the program pin the same versions."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    dependencies = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    known = pins("\n".join(dependencies))
    for folder in (".", *STEPS):
        for name, version in pins((PROJECT / folder / "requirements.txt").read_text()).items():
            assert known.setdefault(name, version) == version, f"{folder}/requirements.txt: {name}"


def test_locks_hold_what_is_asked_for() -> None:
    """Each lock has its requirements' pins, and a hash for every package."""
    for folder in (".", *STEPS):
        lock = (PROJECT / folder / "requirements.lock").read_text()
        asked, locked = pins((PROJECT / folder / "requirements.txt").read_text()), pins(lock)
        assert asked.items() <= locked.items()
        assert len(re.findall(r"^\S+==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE)) == len(locked)


def test_the_fixed_packages_are_there() -> None:
    """What a user expects to find in requirements.txt."""
    fixed = {"aws-cdk-lib", "constructs", "boto3", "sagemaker", "pyspark", "mleap", "pytest", "moto"}
    assert set(pins((PROJECT / "requirements.txt").read_text())) == fixed
