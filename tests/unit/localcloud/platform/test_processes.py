"""Child processes: how they end, and that nothing of them stays."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bench.lab.processes import until_gone
from localcloud.platform.processes import Ended, Processes, alive, birth, kill_leftovers, send_signal
from tests.waiting import until

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(str(tmp_path))


def run(processes: Processes, script: str, **options: object):
    lines: list[str] = []
    result = processes.run(
        ["bash", "-c", script], cwd=Path("/"), environment=ENVIRONMENT, on_line=lines.append, **options
    )
    return result, lines


def test_output_and_exit_code(processes: Processes) -> None:
    """Both streams arrive line by line, and the exit code is the process's own."""
    result, lines = run(processes, "echo one; echo two >&2; exit 3")
    assert (result.how, result.code, str(result)) == (Ended.EXITED, 3, "exit code 3")
    assert lines == ["one", "two"]
    assert not result.ok


def test_what_was_written_is_told_once_the_output_has_settled(processes: Processes, tmp_path: Path) -> None:
    """Lines that are in the pipe are told before ``settle`` returns, however slow the listener is; one without end, at
    the process's end.
    """
    told: list[str] = []

    def slowly(line: str) -> None:
        threading.Event().wait(0.01)
        told.append(line)

    script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; done; printf 'ü\\r\\nrest'; touch written; sleep 3600"
    child = processes.start(["bash", "-c", script], cwd=tmp_path, environment=ENVIRONMENT, on_line=slowly)
    until((tmp_path / "written").exists, what="the process's last line")
    child.settle()
    assert told == [*"123456789", "ü"]
    child.stop(0)
    assert told == [*"123456789", "ü", "rest"]
    child.settle()


def test_a_signal_is_named(processes: Processes) -> None:
    """A process that a signal killed is told from one that failed."""
    result, _ = run(processes, "kill -KILL $$")
    assert str(result) == "killed by signal 9 (SIGKILL)"


def test_a_time_out_ends_the_whole_tree(processes: Processes) -> None:
    """The time-out also ends children that left the process group."""
    script = "setsid sleep 3600 & echo $!; sleep 3600"
    result, lines = run(processes, script, timeout_seconds=0.5)
    assert result.how is Ended.TIMED_OUT
    until_gone(int(lines[0]))


def test_stop_ends_it(processes: Processes) -> None:
    """A set stop event ends the process, whether or not it ignores SIGTERM."""
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    result, _ = run(processes, "trap '' TERM; while true; do sleep 0.1; done", stop=stop)
    assert result.how is Ended.STOPPED


def test_what_a_process_left_in_the_background_ends_with_it(processes: Processes) -> None:
    """A build that starts a server and exits leaves no server."""
    result, lines = run(processes, "sleep 3600 >/dev/null 2>&1 & echo $!; exit 0")
    assert result.ok
    until_gone(int(lines[0]))


def test_leftovers_of_a_crash_are_found_by_their_mark(tmp_path: Path) -> None:
    """A new local cloud ends what an earlier one left, and leaves other processes alone."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom localcloud.platform.processes import Processes\n"
        "child = Processes(sys.argv[1]).start(['sleep', '3600'], cwd=Path('/'), environment={'PATH': '/usr/bin:/bin'},"
        " on_line=print)\nprint(child.pid, flush=True)\nimport os; os._exit(1)\n"
    )
    crashed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    pid = int(crashed.stdout)
    assert alive(pid)
    assert kill_leftovers("/somebody/else") == 0
    assert kill_leftovers(str(tmp_path)) == 1
    until_gone(pid)


def test_the_environment_is_only_what_was_given(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's environment reaches a build."""
    monkeypatch.setenv("MY_SECRET", "x")
    _, lines = run(processes, "env")
    assert not [line for line in lines if line.startswith("MY_SECRET")]


def test_a_process_is_known_by_its_birth() -> None:
    """An id alone proves nothing: a signal goes to the process that was meant, and to no other that has its id."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    born = birth(process.pid)
    assert not send_signal(process.pid, "", signal.SIGKILL)
    assert not send_signal(process.pid, f"{born}0", signal.SIGKILL)
    assert not send_signal(os.getpid(), born, signal.SIGKILL)
    assert alive(process.pid)
    assert send_signal(process.pid, born, signal.SIGKILL)
    process.wait()
    assert birth(process.pid) == ""
    assert not send_signal(process.pid, born, signal.SIGKILL)
