"""What the edge has fetched, until it is too old, is invalidated, or has no more room. It is in memory alone."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST_BYTES = 128 * 1024 * 1024
#: A larger object is fetched each time.
LARGEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What the origin answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    distribution_id: str
    version: str
    """The distribution's: what an earlier configuration fetched does not count."""
    path: str
    query: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    fetched: Fetched
    since: float
    until: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    fetched: Fetched
    age_seconds: int


@dataclass(slots=True)
class Cache:
    clock: Callable[[], float] = time.monotonic
    _entries: OrderedDict[Key, _Entry] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    #: Counts invalidations, so that what was fetched before one is not stored after it.
    _epoch: int = 0

    @property
    def epoch(self) -> int:
        return self._epoch

    def find(self, key: Key) -> Hit | None:
        with self._lock:
            entry, now = self._entries.get(key), self.clock()
            if entry is None:
                return None
            if entry.until <= now:
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return Hit(fetched=entry.fetched, age_seconds=int(now - entry.since))

    def store(self, key: Key, fetched: Fetched, seconds: float, *, epoch: int) -> None:
        """``epoch``: that of the moment before the object was fetched."""
        with self._lock:
            if seconds <= 0 or len(fetched.body) > LARGEST_BYTES or epoch != self._epoch:
                return
            self._drop(key)
            now = self.clock()
            self._entries[key] = _Entry(fetched=fetched, since=now, until=now + seconds)
            self._bytes += len(fetched.body)
            while self._bytes > _MOST_BYTES:
                self._drop(next(iter(self._entries)))

    def invalidate(self, distribution_id: str, paths: Iterable[str]) -> None:
        wanted = list(paths)

        def gone(key: Key) -> bool:
            whole = f"{key.path}?{key.query}" if key.query else key.path
            return key.distribution_id == distribution_id and any(_covers(path, key.path, whole) for path in wanted)

        self._drop_where(gone)

    def forget(self, distribution_id: str) -> None:
        self._drop_where(lambda key: key.distribution_id == distribution_id)

    def _drop_where(self, gone: Callable[[Key], bool]) -> None:
        with self._lock:
            self._epoch += 1
            for key in [key for key in self._entries if gone(key)]:
                self._drop(key)

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= len(entry.fetched.body)


def _covers(asked: str, path: str, whole: str) -> bool:
    if asked.endswith("*"):
        return whole.startswith(asked[:-1])
    return asked in (path, whole)
