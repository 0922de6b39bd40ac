"""The sandboxes of one provisioned concurrency, initialised before an event comes, and replaced in time."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from localcloud.platform.errors import AwsError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.services.lambda_.sandbox import Sandbox

log = logging.getLogger("localcloud.lambda")

#: AWS's word where a function's code cannot be initialised.
INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
#: A sandbox of this age gets a successor. It is well before nobody may use it any more.
_RENEWED_SECONDS = 1800.0
#: How often the pool looks at sandboxes that nobody uses, and how long it waits after it could not start one.
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 5.0


class Pool:
    """``start`` makes an initialised sandbox; raises AwsError, EngineError or OSError where it cannot."""

    def __init__(self, serves: str, version: str, requested: int, start: Callable[[], Sandbox]) -> None:
        #: The version or alias with the setting, and the version that runs: each as ``<function>:<qualifier>``.
        self.serves = serves
        self.version = version
        self.requested = requested
        self.status = "IN_PROGRESS"
        self.reason = ""
        self._start = start
        #: Guards everything here, and is notified of whatever gives the keeper work.
        self._changed = threading.Condition()
        self._free: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._open = True
        self._worked = False
        self._when_ready: Callable[[], None] = lambda: None

    def open(self, when_ready: Callable[[], None] = lambda: None) -> None:
        """Begins to start sandboxes. ``when_ready`` is called, on the pool's thread, when all are there."""
        self._when_ready = when_ready
        threading.Thread(target=self._keep, daemon=True, name=f"provisioned-{self.version}").start()

    def close(self) -> None:
        """Ends the sandboxes. Those at work end after their event."""
        with self._changed:
            self._open = False
            ended, self._free = self._free, []
            self._changed.notify_all()
        for sandbox in ended:
            sandbox.stop()

    def end(self) -> None:
        """Ends all sandboxes at once, for the local cloud goes down."""
        with self._changed:
            busy, self._busy = self._busy, set()
        self.close()
        for sandbox in busy:
            sandbox.stop()

    def resize(self, requested: int) -> None:
        with self._changed:
            self.requested = requested
            self.status, self.reason = "IN_PROGRESS", ""
            self._changed.notify_all()

    @property
    def allocated(self) -> int:
        """How many sandboxes are initialised, at work or not."""
        with self._changed:
            return len(self._free) + len(self._busy)

    @property
    def in_use(self) -> int:
        with self._changed:
            return len(self._busy)

    def worked_lately(self) -> bool:
        """Whether a sandbox is at work, or was since the last call."""
        with self._changed:
            worked, self._worked = self._worked or bool(self._busy), bool(self._busy)
            return worked

    def taken(self) -> Sandbox | None:
        """A sandbox for one event; None where all are at work."""
        with self._changed:
            while self._free:
                sandbox = self._free.pop()
                if sandbox.alive and sandbox.young:
                    self._busy.add(sandbox)
                    self._worked = True
                    return sandbox
                _end(sandbox)
        return None

    def give_back(self, sandbox: Sandbox) -> None:
        with self._changed:
            self._busy.discard(sandbox)
            keep = self._open and sandbox.usable and len(self._free) + len(self._busy) < self.requested
            if keep:
                self._free.append(sandbox)
            self._changed.notify_all()
        if not keep:
            sandbox.stop()

    def _keep(self) -> None:
        """Starts what is missing, replaces what is old or dead, and ends what is too much."""
        while True:
            with self._changed:
                if not self._open:
                    return
                self._end_the_dead_and_surplus()
                old = next((each for each in self._free if each.age_seconds > _RENEWED_SECONDS), None)
                complete = len(self._free) + len(self._busy) >= self.requested
                idle = self.status == "FAILED" or (complete and old is None)
                became_ready = idle and self.status == "IN_PROGRESS"
                if became_ready:
                    self.status = "READY"
                elif idle:
                    self._changed.wait(_LOOK_SECONDS)
            if became_ready:
                self._when_ready()
            elif not idle:
                self._add(instead_of=old if complete else None)

    def _end_the_dead_and_surplus(self) -> None:
        for sandbox in [each for each in self._free if not each.alive]:
            self._free.remove(sandbox)
            _end(sandbox)
        while self._free and len(self._free) + len(self._busy) > self.requested:
            _end(self._free.pop(0))

    def _add(self, *, instead_of: Sandbox | None) -> None:
        try:
            sandbox = self._start()
        except (AwsError, EngineError, OSError, BotoCoreError) as error:
            log.warning("%s: provisioned concurrency: %s", self.version, error)
            self._could_not_start(error)
            return
        with self._changed:
            if instead_of in self._free:
                self._free.remove(instead_of)
                _end(instead_of)
            if self._open:
                self._free.append(sandbox)
                return
        sandbox.stop()

    def _could_not_start(self, error: Exception) -> None:
        """A pool that was to grow has failed, with those that it has. A complete one tries again after a while."""
        with self._changed:
            if self.status == "READY":
                self._changed.wait(_AGAIN_SECONDS)
            else:
                self.status, self.reason = "FAILED", INIT_FAILURE if isinstance(error, EngineError) else str(error)


def _end(sandbox: Sandbox) -> None:
    """Ends a sandbox without making anybody wait."""
    threading.Thread(target=sandbox.stop, daemon=True, name="sandbox-end").start()
