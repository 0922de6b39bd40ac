"""Which files of the repository release a workload."""

import subprocess
from pathlib import Path

import pytest

from localcloud.services.codepipeline import globs
from stacks.pushed_paths import concerns, patterns
from stacks.workloads import WORKLOADS

PROJECT = Path(__file__).parents[3]
#: What is in no release: each folder and file at the root, on purpose.
ELSEWHERE = {".ci", ".github", "bench", "docs", "localcloud", "scripts", "tests"}
FILES = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_the_patterns_name_the_files_that_concern_a_workload(workload: str) -> None:
    """CodePipeline and `make push` say the same of every file of this repository."""
    told = [path for path in FILES if any(globs.matches(pattern, path) for pattern in patterns(workload))]
    assert told == [path for path in FILES if concerns(workload, path)]


def test_every_folder_is_released_or_not_on_purpose() -> None:
    """Each file releases all workloads, or the one whose folder it is in, or it is in a folder that releases none."""
    for path in FILES:
        released = {name for name in WORKLOADS if concerns(name, path)}
        top = path.split("/")[0]
        if released == set(WORKLOADS):
            assert top not in ELSEWHERE, path
        elif released:
            assert [f"/{name}/" in path for name in released] == [True], path
        else:
            assert top in ELSEWHERE or top in {".gitignore", "LICENSE", "Makefile"} or top.endswith(".md"), path


def test_the_patterns_are_within_codepipelines_limits() -> None:
    """There are at most eight, of at most 255 characters each."""
    for workload in WORKLOADS:
        assert len(patterns(workload)) <= 8
        assert max(len(pattern) for pattern in patterns(workload)) <= 255
