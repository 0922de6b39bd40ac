"""Child processes of the engines. Each starts a session, is followed line by line, and ends with its whole tree.

Every child carries the local cloud's mark in its environment, and so do its descendants. By the mark, a stop finds what
left the process group, and the next start finds what a crash left behind.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import signal
import subprocess
import termios
import threading
import time
import uuid
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localcloud.platform.landlock import Enclosure

OWNER_VARIABLE = "LOCALCLOUD_OWNER"
PROCESS_VARIABLE = "LOCALCLOUD_PROCESS"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Ended(Enum):
    """How a child process ended."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"
    KILLED = "killed by a signal"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    how: Ended
    #: Exit code for EXITED, signal number for KILLED.
    code: int

    @property
    def ok(self) -> bool:
        return self.how is Ended.EXITED and self.code == 0

    def __str__(self) -> str:
        if self.how is Ended.EXITED:
            return f"exit code {self.code}"
        if self.how is Ended.KILLED:
            return f"killed by signal {self.code} ({signal.Signals(self.code).name})"
        return str(self.how.value)


class Child:
    """One running child process and its descendants."""

    def __init__(self, popen: subprocess.Popen[bytes], identifier: str, outputs: list[_Output]) -> None:
        self._popen = popen
        self._identifier = identifier
        self._outputs = outputs

    @property
    def pid(self) -> int:
        return self._popen.pid

    def running(self) -> bool:
        return self._popen.poll() is None

    def returncode(self) -> int | None:
        return self._popen.poll()

    def wait(self, timeout_seconds: float | None = None) -> int:
        """The return code as subprocess has it; raises subprocess.TimeoutExpired."""
        code = self._popen.wait(timeout_seconds)
        self._join_outputs()
        return code

    def end(self) -> Exit:
        """Waits for the process, then ends what it left running in the background."""
        code = self.wait()
        self.stop(0)
        return Exit(how=Ended.EXITED, code=code) if code >= 0 else Exit(how=Ended.KILLED, code=-code)

    def stop(self, grace_seconds: float = 2.0) -> None:
        """Sends SIGTERM to the whole tree, and SIGKILL after the grace period. Returns when all processes are gone."""
        _signal_tree(self._popen.pid, PROCESS_VARIABLE, self._identifier, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline and self._popen.poll() is None:
            time.sleep(0.01)
        while _signal_tree(self._popen.pid, PROCESS_VARIABLE, self._identifier, signal.SIGKILL):
            time.sleep(0.01)
        self._popen.wait()
        self._join_outputs()

    def settle(self) -> None:
        """Returns once the callbacks have had all lines that were written before the call."""
        for output in self._outputs:
            output.settle()

    def _join_outputs(self) -> None:
        for output in self._outputs:
            output.join(5)


class _Output(threading.Thread):
    """Reads one stream of a process. The listener gets each line, without its newline, as soon as it is written."""

    def __init__(self, stream: IO[bytes], on_line: Callable[[str], None], *, name: str) -> None:
        super().__init__(daemon=True, name=name)
        self._stream = stream
        self._on_line = on_line
        #: Held from the reading of bytes until the listener has had their lines.
        self._turn = threading.Condition()
        self._told_bytes = 0

    def run(self) -> None:
        try:
            self._follow()
        finally:
            with self._turn:
                self._stream.close()
                self._turn.notify_all()

    def _follow(self) -> None:
        ready = select.poll()
        ready.register(self._stream, select.POLLIN)
        begun: list[bytes] = []  # of a line whose end is not there yet
        read = b"anything"
        while read:
            ready.poll()
            with self._turn:
                read = os.read(self._stream.fileno(), 65536)
                *ends, rest = read.split(b"\n")
                for end in ends:
                    self._tell([*begun, end])
                    begun = []
                begun += [rest] if rest else []
                self._told_bytes += len(read)
                self._turn.notify_all()
        if begun:
            self._tell(begun)

    def settle(self) -> None:
        """Returns once the listener has had all lines that are in the pipe now."""
        with self._turn:
            if not self._stream.closed:
                due = self._told_bytes + _unread_bytes(self._stream)
                self._turn.wait_for(lambda: self._told_bytes >= due or self._stream.closed)

    def _tell(self, parts: list[bytes]) -> None:
        self._on_line(b"".join(parts).decode("utf-8", "replace").rstrip("\r"))


def _unread_bytes(pipe: IO[bytes]) -> int:
    found = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, found)
    return found[0]


#: A program in a container of AWS makes files that everybody may read. Here the folder above them keeps others out.
_CONTAINER_UMASK = 0o022


class Processes:
    def __init__(self, owner: str, enclosure: Enclosure | None = None) -> None:
        """``owner``: the home folder, which marks this local cloud's processes. ``enclosure`` keeps them out of it."""
        self._owner = owner
        self._enclosure = enclosure
        self._children: set[Child] = set()
        self._lock = threading.Lock()

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        on_error_line: Callable[[str], None] | None = None,
        new_session: bool = True,
    ) -> Child:
        """Starts a process with exactly this environment and the marks. ``on_line`` gets each line of its output.

        Standard output and standard error are one stream, unless ``on_error_line`` takes the latter. Both callbacks run
        on threads of their own. They get each line, without its newline, as soon as it is written.
        """
        identifier = uuid.uuid4().hex

        def started() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                list(command),
                cwd=cwd,
                env={**environment, OWNER_VARIABLE: self._owner, PROCESS_VARIABLE: identifier},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if on_error_line else subprocess.STDOUT,
                start_new_session=new_session,
                umask=_CONTAINER_UMASK,
            )

        popen = self._enclosure.start(started) if self._enclosure else started()
        streams = [(popen.stdout, on_line), (popen.stderr, on_error_line)]
        outputs = [
            _Output(stream, listener, name=f"output-{popen.pid}") for stream, listener in streams if stream and listener
        ]
        for output in outputs:
            output.start()
        child = Child(popen, identifier, outputs)
        with self._lock:
            self._children = {known for known in self._children if known.running()} | {child}
        return child

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        timeout_seconds: float | None = None,
        stop: threading.Event | None = None,
    ) -> Exit:
        """Runs a process until it ends. At the time-out, or when ``stop`` is set, ends it with its whole tree."""
        child = self.start(command, cwd=cwd, environment=environment, on_line=on_line)
        return self.finish(child, timeout_seconds=timeout_seconds, stop=stop)

    def finish(
        self, child: Child, *, timeout_seconds: float | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """As :meth:`run`, for a process that was started already."""
        deadline = time.monotonic() + timeout_seconds if timeout_seconds is not None else None
        while child.running():
            if stop is not None and stop.is_set():
                child.stop()
                return Exit(how=Ended.STOPPED, code=0)
            if deadline is not None and time.monotonic() > deadline:
                child.stop()
                return Exit(how=Ended.TIMED_OUT, code=0)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.05)
        return child.end()

    def stop_all(self) -> None:
        with self._lock:
            children, self._children = self._children, set()
        for child in children:
            if child.running():
                child.stop()
        kill_leftovers(self._owner)


def birth(pid: int) -> str:
    """What no other process ever has: the machine's start, and this process's in it. Empty where none runs (a zombie
    does not). A process id alone is soon another's.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else f"{_BOOT.read_text().strip()} {fields[19]}"
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    """Whether a process with this id runs. A zombie does not."""
    return bool(birth(pid))


def progress(pid: int, log: Path) -> tuple[str, ...]:
    """What changes as long as a process does something: its time on a processor, what it read and wrote, its log."""
    found = [str(log.stat().st_size) if log.exists() else ""]
    with contextlib.suppress(OSError):
        found += Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    with contextlib.suppress(OSError):
        found.append(Path(f"/proc/{pid}/io").read_text())
    return tuple(found)


def send_signal(pid: int, born: str, number: signal.Signals) -> bool:
    """Signals the process only if it is the one of that birth. Between look and signal it cannot become another."""
    with _held(pid) as handle:
        if handle is None or not born or birth(pid) != born:
            return False
        signal.pidfd_send_signal(handle, number)
        return True


def kill_leftovers(owner: str) -> int:
    """Kills every process with this owner's mark; returns how many there were."""
    return sum(_signal_marked(pid, OWNER_VARIABLE, owner, signal.SIGKILL) for pid in _marked(OWNER_VARIABLE, owner))


@contextlib.contextmanager
def _held(pid: int) -> Iterator[int | None]:
    """A handle of the process that has this id now; None where there is none."""
    try:
        handle = os.pidfd_open(pid)
    except (ProcessLookupError, PermissionError):
        yield None
        return
    try:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            yield handle
    finally:
        os.close(handle)


def _signal_marked(pid: int, variable: str, value: str, number: signal.Signals) -> bool:
    """Signals a process that has the mark, and no process that got its id since somebody looked."""
    with _held(pid) as handle:
        if handle is not None and _has_mark(pid, variable, value):
            signal.pidfd_send_signal(handle, number)
            return True
    return False


def _signal_tree(group: int, variable: str, value: str, number: signal.Signals) -> int:
    """Signals the process group and all processes with the mark; returns how many had the mark."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    return sum(_signal_marked(pid, variable, value, number) for pid in _marked(variable, value))


def _marked(variable: str, value: str) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid() and _has_mark(int(folder.name), variable, value):
            yield int(folder.name)


def _has_mark(pid: int, variable: str, value: str) -> bool:
    try:
        return f"{variable}={value}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
