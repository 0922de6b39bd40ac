"""How a command ends."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from scripts.cloud.decision import UndecidedError
from scripts.command import counted, run
from scripts.reads.errors import NotThereError
from tests.clouds import PROJECT
from tests.foreign import AWS_ITSELF, account_at


@pytest.mark.parametrize("code", [0, 1, None])
def test_it_exits_with_the_commands_own_code(code: int | None) -> None:
    """None is success, as sys.exit has it."""
    with pytest.raises(SystemExit) as ended:
        run(lambda: code)
    assert ended.value.code == code


@pytest.mark.parametrize("error", [NotThereError, UndecidedError])
def test_what_is_not_there_is_a_sentence(error: type[Exception]) -> None:
    """No traceback: the message is all that is said."""

    def main() -> int:
        raise error("There is no stack: deploy it.")

    with pytest.raises(SystemExit) as ended:
        run(main)
    assert ended.value.code == "There is no stack: deploy it."


@pytest.mark.parametrize("text", ["x", "0", "-1", "1.5", "\u0661"])
def test_a_number_that_is_none_is_named_by_its_variable(text: str) -> None:
    """The user wrote TO=… for make, and knows nothing of an option."""
    with pytest.raises(SystemExit, match=rf"TO={text}: expected a whole number above 0\. Nothing was done\."):
        counted("TO", text)
    assert counted("TO", "12") == 12


def test_a_reader_that_has_enough_is_no_error() -> None:
    """A command whose pipe is closed says nothing of it."""
    code = "from scripts.command import run; run(lambda: print(chr(10) * 1_000_000))"
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -c '{code}' | head -1"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["rollback", "releases", "logs", "deploy"])
def test_a_command_past_the_entry_says_how_it_is_run(command: str) -> None:
    """By itself it reaches no cloud, whatever credentials there are."""
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{command}", "car_evaluation"],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **account_at(AWS_ITSELF)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Nobody decided which cloud this talks to")
    assert len(done.stderr.splitlines()) == 1
