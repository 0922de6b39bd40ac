"""The shell of a build: what one command leaves to the next, and how commands end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.lab.processes import until_gone
from localcloud.platform.processes import Ended, Processes
from localcloud.services.codebuild.shell import Shell
from tests.waiting import DEADLINE_SECONDS


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Shell]]:
    shells = []

    def make(**settings: object) -> Shell:
        defaults = {
            "stop": threading.Event(),
            "deadline": time.monotonic() + DEADLINE_SECONDS,
            "on_line": lambda _: None,
        }
        (tmp_path / "src").mkdir()
        shell = Shell(
            Processes(str(tmp_path)),
            folder=tmp_path / "shell",
            directory=tmp_path / "src",
            environment={"PATH": os.environ["PATH"]},
            **(defaults | settings),
        )
        shells.append(shell)
        return shell

    yield make
    for shell in shells:
        shell.close()


@pytest.mark.parametrize("program", ["/bin/sh", "/bin/bash"])
def test_variables_and_directory_persist(make: Callable[..., Shell], tmp_path: Path, program: str) -> None:
    """An assignment, exported or not, and a change of directory hold for the commands after it."""
    lines: list[str] = []
    shell = make(on_line=lines.append, program=program)
    assert shell.run("mkdir sub && cd sub; ONE='a  \"b\" $c'").ok
    assert shell.run("export TWO='two\nlines'").ok
    assert shell.run('pwd; echo "$ONE"; echo "$TWO"; printf "no newline"').ok
    assert lines == [str(tmp_path / "src" / "sub"), 'a  "b" $c', "two", "lines", "no newline"]
    assert shell.values(["ONE", "TWO", "NONE"]) == {"ONE": 'a  "b" $c', "TWO": "two\nlines", "NONE": ""}
    assert shell.expand('x-$(echo "y z")-$TWO') == "x-y z-two\nlines"


def test_each_command_has_its_exit_code(make: Callable[..., Shell]) -> None:
    """exit ends the command and not the shell; a syntax error and an unknown program are failures."""
    shell = make()
    assert [shell.run(command).code for command in ("exit 7", "true", "(", "no-such-program")] == [7, 0, 2, 127]


def test_succeeding_is_told_to_commands(make: Callable[..., Shell]) -> None:
    """CODEBUILD_BUILD_SUCCEEDING is what the build is when the command runs."""
    shell = make()
    assert shell.run('test "$CODEBUILD_BUILD_SUCCEEDING" = 1').ok
    assert shell.run('test "$CODEBUILD_BUILD_SUCCEEDING" = 0', succeeding=False).ok


def test_the_deadline_ends_a_command(make: Callable[..., Shell]) -> None:
    """The time-out ends the command's whole tree."""
    lines: list[str] = []
    shell = make(deadline=time.monotonic() + 0.5, on_line=lines.append)
    assert shell.run("setsid sleep 3600 & echo $!; sleep 3600").how is Ended.TIMED_OUT
    until_gone(int(lines[0]))


def test_stop_ends_a_command(make: Callable[..., Shell]) -> None:
    """A set stop event ends what runs."""
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    assert make(stop=stop).run("sleep 3600").how is Ended.STOPPED


def test_what_runs_in_the_background_lives_until_the_end(make: Callable[..., Shell]) -> None:
    """A server started by one command serves the next ones, and ends with the build."""
    lines: list[str] = []
    shell = make(on_line=lines.append)
    assert shell.run("sleep 3600 & echo $!").ok
    assert shell.run(f"kill -0 {lines[0]}").ok
    shell.close()
    until_gone(int(lines[0]))


def test_a_shell_killed_from_outside_is_reported_and_replaced(make: Callable[..., Shell]) -> None:
    """The signal is named, nothing of it stays, and post_build has a shell again."""
    lines: list[str] = []
    shell = make(on_line=lines.append)
    assert shell.run("KEPT=1").ok
    end = shell.run("echo $$; kill -9 $PPID; sleep 3600")
    assert (end.how, end.code) == (Ended.KILLED, signal.SIGKILL)
    until_gone(int(lines[0]))
    assert shell.run('test "$KEPT" = 1').ok
