"""Processes of builds, jobs and functions are kept out of the home, and nothing else is taken from them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.platform import landlock
from localcloud.platform.landlock import Enclosure
from localcloud.platform.processes import Processes

pytestmark = pytest.mark.skipif(
    not landlock.is_available(), reason="this machine has no Landlock; `localcloud status` says what that means"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "work" / "build").mkdir(parents=True)
    (home / "state").mkdir()
    (home / "administrator.secret").write_text("secret")
    (home / "state" / "moto.sqlite").write_text("state")
    (tmp_path / "beside").write_text("beside")
    return home


def run(home: Path, script: str) -> str:
    """What a shell in the build's folder prints and is refused."""
    lines: list[str] = []
    processes = Processes(str(home), Enclosure(home))
    processes.run(
        ["/bin/sh", "-c", script],
        cwd=home / "work" / "build",
        environment={"PATH": os.environ["PATH"], "HOME": str(home / "work" / "build")},
        on_line=lines.append,
    )
    return "\n".join(lines)


@pytest.mark.parametrize(
    "attack",
    [
        "cat ../../administrator.secret",
        "cat ../../state/moto.sqlite",
        "ln ../../administrator.secret mine && cat mine",
        "ln -s ../../administrator.secret mine && cat mine",
        "mv ../../administrator.secret mine && cat mine",
        "cp ../../administrator.secret mine",
        "rm ../../administrator.secret",
        "echo x > ../../administrator.secret",
        "echo x >> ../../state/moto.sqlite",
        "mv ../../state elsewhere",
        "mv ../../../home ../../../other",
        f"cat /proc/{os.getpid()}/root$PWD/../../administrator.secret",
        f"cat /proc/{os.getpid()}/environ",
        f"{sys.executable} -c \"open('/proc/{os.getpid()}/mem', 'rb')\"",
        "sh -c 'cat ../../administrator.secret' & wait $!",
    ],
)
def test_the_home_is_closed(home: Path, attack: str) -> None:
    """Neither directly nor by links, renames, copies or another process's view is it read or changed."""
    said = run(home, attack)
    assert "secret" not in said.replace("administrator.secret", "")
    assert "ermission denied" in said or "cross-device" in said.lower() or "PermissionError" in said, said
    assert (home / "administrator.secret").read_text() == "secret"
    assert (home / "state" / "moto.sqlite").read_text() == "state"


@pytest.mark.skipif(landlock.version() < 6, reason="this machine's Landlock does not keep signals in")
def test_nobody_else_is_signalled(home: Path) -> None:
    """A build cannot end the local cloud."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    try:
        assert "ermitted" in run(home, f"kill -KILL {other.pid}")
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_rest_is_open(home: Path) -> None:
    """Its own folder, what lies beside the home, devices, and its own processes are as before."""
    said = run(
        home,
        "echo mine > a && cat a && mkdir -p b && mv a b/a && cat ../../../beside && cat b/a && rm -r b"
        " && head -c 1 /dev/zero | wc -c && echo x > /dev/null && (sleep 3600 & kill $! && echo killed)",
    )
    assert said.split() == ["mine", "besidemine", "1", "killed"]


def test_the_thread_that_asked_stays_free(home: Path) -> None:
    """Only the thread that starts the process is restricted, and an error in it is the caller's."""
    run(home, "true")
    assert (home / "administrator.secret").read_text() == "secret"
    with pytest.raises(FileNotFoundError):
        Enclosure(home).start(lambda: subprocess.Popen(["/no/such/program"]))
