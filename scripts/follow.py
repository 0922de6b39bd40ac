"""Shows an execution while it runs: which stage and action, since when, and the last line of its log."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from scripts import terminal
from scripts.outcome import waits

if TYPE_CHECKING:
    from scripts.reads.pipeline import Action, Execution, Pipeline

POLL_SECONDS = 0.5
#: If the output is not a terminal, the running action's last log line is printed this often.
QUIET_SECONDS = 5.0

_MARKS = {"Succeeded": "✓", "Failed": "✗", "Stopped": "■", "Abandoned": "■", "InProgress": "…"}

#: The terminal's own green and red.
_COLOURS = {"Succeeded": 32, "Failed": 31}


def follow(pipeline: Pipeline, identifier: str) -> Execution:
    """Follows to the end and returns the ended execution. If it waits for a person, it says so once, and waits too."""
    screen = Screen()
    shown: set[tuple[str, str, str]] = set()
    asked = False
    while True:
        execution = pipeline.execution(identifier)
        for action in execution.actions:
            step = (action.stage, action.name, action.status)
            if action.ended and step not in shown:
                shown.add(step)
                screen.line(_ended(action))
        if execution.ended:
            screen.clear()
            return execution
        running = [action for action in execution.actions if not action.ended]
        if running and running[-1].waits_for_a_person:
            if not asked:
                screen.line("\n".join(waits(pipeline.workload, execution)))
            asked = True
        elif running and screen.takes_progress:
            screen.progress(_running(running[-1], pipeline.log_lines(running[-1], limit=1)))
        time.sleep(POLL_SECONDS)


def _ended(action: Action) -> str:
    mark = terminal.coloured(_MARKS.get(action.status, "?"), _COLOURS.get(action.status))
    return f"{mark} {action.stage:<8} {action.name:<12} {action.seconds:6.1f} s"


def _running(action: Action, last_lines: list[str]) -> str:
    said = f"  {last_lines[-1].strip()}" if last_lines else ""
    return f"… {action.stage:<8} {action.name:<12} {action.seconds:6.1f} s{said}"


class Screen:
    """Lines that stay and one line that is rewritten; without a terminal, that line is printed now and then."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._printed_at = time.monotonic()
        self._last = ""

    @property
    def takes_progress(self) -> bool:
        """Whether a line would be shown now: what it says may cost a request."""
        return self._terminal or time.monotonic() - self._printed_at > QUIET_SECONDS

    def line(self, text: str) -> None:
        self.clear()
        print(text, flush=True)

    def progress(self, text: str) -> None:
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", flush=True)
        elif text and self.takes_progress:
            self._printed_at = time.monotonic()
            if text != self._last:
                self._last = text
                print(text, flush=True)

    def clear(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", flush=True)
