"""Counts what authentication and authorisation cost, in calls and seconds."""

from __future__ import annotations

import contextlib
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from localcloud.platform.state_file import NotWrittenError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.store import Store

COST_TABLE = "iam.cost"
_KEY = "since the start"
_WRITE_SECONDS = 1.0


class Cost:
    """Writes at most once a second, so that counting costs next to nothing."""

    def __init__(self, store: Store) -> None:
        self._table = store.table(COST_TABLE)
        self._lock = threading.Lock()
        self._calls = 0
        self._seconds = 0.0
        self._written = 0.0

    @contextmanager
    def measured(self, *, calls: int) -> Iterator[None]:
        """Adds the time spent inside. ``calls`` is 0 where the call was counted already."""
        started = time.perf_counter()
        try:
            yield
        finally:
            ended = time.perf_counter()
            with self._lock:
                self._calls += calls
                self._seconds += ended - started
                if ended - self._written > _WRITE_SECONDS:
                    self._written = ended
                    with contextlib.suppress(NotWrittenError):  # no call fails because it is not counted
                        self._table.put(_KEY, {"calls": self._calls, "seconds": self._seconds})
