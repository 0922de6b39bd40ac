"""The shell of one build. Each command is a process of its own, and passes variables and directory to the next one.

A small driver process takes scripts from a pipe and reports each exit code after the script's output. So the log keeps
its order, and background processes of a command live until the build ends.
"""

from __future__ import annotations

import os
import queue
import shlex
import signal
import time
import uuid
from typing import TYPE_CHECKING

from localcloud.platform.processes import Ended, Exit

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from localcloud.platform.processes import Child, Processes

_DRIVER = r"""
exec 3<>"$1"
while IFS= read -r script <&3; do
  "$2" "$script" 3<&-
  printf '%s %d\n' "$3" "$?"
done
"""
_COMMAND = """\
cd -- "$(cat {directory})" || exit 1
. {variables}
export CODEBUILD_BUILD_SUCCEEDING={succeeding}
set -a
{command}
CODEBUILD_LAST_EXIT=$?
set +a
pwd > {directory}
export -p > {variables}
exit "$CODEBUILD_LAST_EXIT"
"""
_POLL_SECONDS = 0.05


class Shell:
    def __init__(  # noqa: PLR0913  (all by name, and each is a separate setting)
        self,
        processes: Processes,
        *,
        folder: Path,
        directory: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        stop: threading.Event,
        deadline: float,
        program: str = "/bin/sh",
    ) -> None:
        """``folder``: for the shell's state; ``deadline``: in time.monotonic's seconds."""
        self._program = program
        self._start = directory
        self._processes = processes
        self._folder = folder
        self._environment = dict(environment)
        self._on_line = on_line
        self._stop = stop
        self._deadline = deadline
        self._token = f"localcloud-{uuid.uuid4().hex}"
        self._exit_codes: queue.Queue[int] = queue.Queue()
        self._child: Child | None = None
        self._commands = folder / "commands"
        self._directory = folder / "directory"
        self._variables = folder / "variables"
        folder.mkdir()
        os.mkfifo(self._commands, 0o600)
        self._directory.write_text(f"{directory}\n")
        self._variables.touch(0o600)

    def run(self, command: str, *, succeeding: bool = True) -> Exit:
        """Runs one command of a buildspec. Its assignments and its directory hold for later commands."""
        script = _COMMAND.format(
            directory=shlex.quote(str(self._directory)),
            variables=shlex.quote(str(self._variables)),
            succeeding=int(succeeding),
            command=command,
        )
        return self._run(script)

    def expand(self, text: str) -> str:
        """The text with ``$NAME`` and ``$(command)`` replaced by their present values in the shell."""
        return self._ask(f"cat > {{answer}} <<{self._token}\n{text}\n{self._token}\n").rstrip("\n")

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """The present values of variables in the shell; empty for an unset one."""
        wanted = list(names)
        if not wanted:
            return {}
        quoted = " ".join(f'"${{{name}-}}"' for name in wanted)
        return dict(zip(wanted, self._ask(f"printf '%s\\0' {quoted} > {{answer}}\n").split("\0"), strict=False))

    def close(self) -> None:
        """Ends the shell and all that its commands left running."""
        if self._child is not None:
            self._child.stop(0)
            self._child = None

    def _ask(self, script: str) -> str:
        answer = self._folder / "answer"
        answer.unlink(missing_ok=True)
        prepared = f"cd {shlex.quote(str(self._start))}\n. {shlex.quote(str(self._variables))}\n"
        self._run(prepared + script.replace("{answer}", shlex.quote(str(answer))))
        return answer.read_text() if answer.exists() else ""

    def _run(self, script: str) -> Exit:
        child = self._started()
        path = self._folder / f"{uuid.uuid4().hex}.sh"
        path.write_text(script)
        pipe = os.open(self._commands, os.O_RDWR)  # for reading too: opening never waits for a reader that died
        try:
            os.write(pipe, f"{path}\n".encode())
            return self._wait(child)
        finally:
            os.close(pipe)
            path.unlink(missing_ok=True)

    def _wait(self, child: Child) -> Exit:
        while True:
            running = child.running()
            try:
                return exit_of(self._exit_codes.get(timeout=_POLL_SECONDS))
            except queue.Empty:
                pass
            if not running:
                self.close()  # first: what it left running holds its output open
                code = child.wait()
                return Exit(how=Ended.EXITED, code=code) if code >= 0 else Exit(how=Ended.KILLED, code=-code)
            if self._stop.is_set() or time.monotonic() > self._deadline:
                self.close()
                return Exit(how=Ended.STOPPED if self._stop.is_set() else Ended.TIMED_OUT, code=0)

    def _started(self) -> Child:
        if self._child is None or not self._child.running():
            self.close()
            self._child = self._processes.start(
                ["/bin/sh", "-c", _DRIVER, "build", str(self._commands), self._program, self._token],
                cwd=self._folder,
                environment=self._environment,
                on_line=self._line,
            )
        return self._child

    def _line(self, line: str) -> None:
        before, token, code = line.rpartition(f"{self._token} ")
        if not token:
            self._on_line(line)
            return
        if before:
            self._on_line(before)
        self._exit_codes.put(int(code))


def exit_of(code: int) -> Exit:
    """The meaning of the shell's exit code: above 128 it is the signal that killed the command."""
    number = code - 128
    if number in set(signal.Signals):
        return Exit(how=Ended.KILLED, code=number)
    return Exit(how=Ended.EXITED, code=code)
