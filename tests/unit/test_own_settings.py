"""gatehouse.toml is the user's: it is right, and nothing else depends on what stands there."""

from __future__ import annotations

import re
import subprocess

from stacks.settings import load_settings
from stacks.workload_files import check_files
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT

#: What reads the user's file: this one, and what asks it nothing that a user decides.
_READERS = {"tests/unit/test_own_settings.py"}


def test_the_users_settings_and_the_workloads_files_are_right() -> None:
    """What a synthesis would refuse is refused here, too, with its line."""
    check_files(PROJECT, WORKLOADS.values(), load_settings(PROJECT / "gatehouse.toml"))


def test_no_other_test_reads_the_users_settings() -> None:
    """Tests bring their own (tests/gatehouse.toml), so that no decision of a user's breaks them."""
    listed = subprocess.run(["git", "ls-files", "tests"], cwd=PROJECT, capture_output=True, text=True, check=True)
    files = [PROJECT / file for file in listed.stdout.split() if file.endswith(".py") and file not in _READERS]
    found = [path.name for path in files if re.search(r'PROJECT / "gatehouse\.toml"', path.read_text())]
    assert found == []
