"""How every step runs: its exit, its lines in the log, its waits."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from handover.errors import HandOverError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StepError(Exception):
    """Ends the step with this message and exit code 1: what failed, the value seen, what to do."""


def run(step: Callable[[], None]) -> NoReturn:
    """Run a step as a program. Stopping the build (SIGTERM) unwinds the step, so that it can stop what it started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        step()
    except (StepError, HandOverError) as error:
        print(f"ERROR: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
    sys.exit(0)


def say(line: str) -> None:
    """Print a line to the build log at once."""
    print(line, flush=True)


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Print how long the part took when it is done."""
    started = time.monotonic()
    yield
    say(f"[{time.monotonic() - started:6.2f} s] {title}")


def polls(*, shortest_seconds: float = 0.3, longest_seconds: float = 10.0) -> Iterator[float]:
    """Yield the seconds since the start, with pauses between: short ones at first, longer ones in a long wait."""
    started = time.monotonic()
    while True:
        elapsed = time.monotonic() - started
        yield elapsed
        time.sleep(min(longest_seconds, shortest_seconds + elapsed / 20))
