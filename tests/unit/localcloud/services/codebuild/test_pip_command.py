"""The pip of builds: which calls are answered by an environment made for a lock."""

import shlex
from pathlib import Path

import pytest

from localcloud.images.codebuild_standard.pip_command import locks
from localcloud.images.linked_environments import link
from localcloud.platform.environments import PythonEnvironment


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("install -r a/requirements.lock", ["a/requirements.lock"]),
        ("install -q --no-cache-dir --require-hashes --requirement a.lock -r b.lock", ["a.lock", "b.lock"]),
        ("install --disable-pip-version-check -ra.lock --quiet", ["a.lock"]),
        ("install --requirement=a.lock", ["a.lock"]),
        ("install -r requirements.txt", None),
        ("install -r a.lock boto3", None),
        ("install -r a.lock --target x", None),
        ("install -r a.lock -r b.txt", None),
        ("install boto3", None),
        ("uninstall -r a.lock", None),
    ],
)
def test_installs_by_lock_are_recognised(arguments: str, expected: list[str] | None) -> None:
    """Only locks, and options that change nothing: everything else is a real installation."""
    assert locks(shlex.split(arguments)) == (expected and [Path(name) for name in expected])


def test_linked_environments_accumulate_and_the_last_one_wins(tmp_path: Path) -> None:
    """Each link adds its packages and copies its scripts; linking twice changes nothing."""
    build = tmp_path / "build"
    (build / "bin").mkdir(parents=True)
    packages = build / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / name / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
        (tmp_path / name / "bin").mkdir()
        (tmp_path / name / "bin" / "tool").write_text(f"#!/bin/sh\necho {name}\n")
        (tmp_path / name / "bin" / "python").touch()
        for _ in range(2):
            link(PythonEnvironment(root=tmp_path / name), build)
    lines = (packages / "localcloud-locks.pth").read_text().splitlines()
    assert [f"/{name}/" in line for name, line in zip(("two", "one"), lines, strict=True)] == [True, True]
    assert (build / "bin" / "tool").read_text() == "#!/bin/sh\necho two\n"
    assert not (build / "bin" / "python").exists()
