"""Long polls of queues wait here, without a thread, until something was sent."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: A message also comes up when its delay or its visibility ends, which nobody tells.
_LOOK_AGAIN_SECONDS = 1.0
_READING = ("Get", "List", "Receive")


class QueueWatch:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def wait(self, queue: str, seconds: float) -> None:
        """Returns when there may be something new in a queue, at the latest after these seconds, or a second."""
        told = asyncio.Event()
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._waiting.setdefault(queue, set()).add(told)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), min(seconds, _LOOK_AGAIN_SECONDS))
        finally:
            with self._lock:
                self._waiting[queue].discard(told)
                if not self._waiting[queue]:
                    del self._waiting[queue]

    def answered(self, call: ApiRequest) -> None:
        """Takes note of a call to a queue or a topic. Any thread may call it."""
        if not self._waiting or call.service not in ("sqs", "sns") or call.operation.startswith(_READING):
            return
        self.tell(queue_of(call) if call.service == "sqs" else None)

    def tell(self, queue: str | None) -> None:
        """Wakes those that wait for a queue; for all queues if None."""
        with self._lock:
            waiting = [told for name, every in self._waiting.items() if queue in (None, name) for told in every]
            loop = self._loop
        if waiting and loop is not None:
            loop.call_soon_threadsafe(_set, waiting)


def _set(events: list[asyncio.Event]) -> None:
    for event in events:
        event.set()


def queue_of(call: ApiRequest) -> str:
    return str(call.params.get("QueueUrl", "")).rpartition("/")[2]
