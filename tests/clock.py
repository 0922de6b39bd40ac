"""A clock for tests of what waits: it goes on only when somebody sleeps, or when the test says so."""

from __future__ import annotations

from threading import Lock


class Clock:
    """Stands in the place of the module ``time``."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = Lock()

    def perf_counter(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds
