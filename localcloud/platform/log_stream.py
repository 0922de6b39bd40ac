"""A CloudWatch Logs stream that an engine writes line by line, so that readers can follow the work."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

FLUSH_SECONDS = 0.3
#: AWS's limits of one PutLogEvents call: the number of events, and their bytes, plus 26 for each event.
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_BYTES = 262_144 - 26
#: So much of a log waits in memory at most.
MOST_WAITING_BYTES = 8 * 1024 * 1024

log = logging.getLogger("localcloud.log_stream")


class LogStream:
    """Appends lines to one stream. A line can be read after half a second at the latest, all lines after ``close``.

    ``client`` is a boto3 client of CloudWatch Logs. The constructor makes group and stream where they do not exist.
    """

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self._client = client
        self._group = group
        self._stream = stream
        self._lines: list[tuple[int, str]] = []
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._closed = threading.Event()
        self._create()
        self._thread = threading.Thread(target=self._flush_regularly, daemon=True, name=f"log-{stream}")
        self._thread.start()

    def write(self, line: str) -> None:
        """Adds one line with the time of this call, and never fails.

        Waits for the network only where much is waiting already: the program is then slowed down, as by a full pipe.
        """
        text = line.encode("utf-8", "replace")[:EVENT_BYTES].decode("utf-8", "ignore")
        with self._lock:
            self._lines.append((time.time_ns() // 1_000_000, text or " "))  # an event's message is never empty
            self._waiting_bytes += len(text)
            much = self._waiting_bytes > MOST_WAITING_BYTES
        if much:
            self._flush()

    def close(self) -> None:
        """Sends what is left. Closing twice is harmless."""
        self._closed.set()
        self._thread.join(5)
        self._flush()

    def _flush_regularly(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            self._flush()

    def _flush(self) -> None:
        with self._sending:
            while batch := self._next_batch():
                events = [{"timestamp": timestamp, "message": line} for timestamp, line in batch]
                try:
                    self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
                except (BotoCoreError, ClientError) as error:
                    log.warning("%d lines of %s/%s are lost: %s", len(batch), self._group, self._stream, error)

    def _next_batch(self) -> list[tuple[int, str]]:
        with self._lock:
            count = size = 0
            for _, line in self._lines[:BATCH_EVENTS]:
                size += len(line.encode()) + 26
                if size > BATCH_BYTES:
                    break
                count += 1
            batch, self._lines = self._lines[:count], self._lines[count:]
            self._waiting_bytes = sum(len(line) for _, line in self._lines) if self._lines else 0
        return batch

    def _create(self) -> None:
        """Makes the stream, and the group only where it is missing: a role may have no right to make groups."""
        stream = {"logGroupName": self._group, "logStreamName": self._stream}
        if self._made(self._client.create_log_stream, **stream):
            return
        self._made(self._client.create_log_group, logGroupName=self._group)
        self._made(self._client.create_log_stream, **stream)

    @staticmethod
    def _made(create: Callable[..., object], **arguments: str) -> bool:
        """False where the group of the stream does not exist."""
        try:
            create(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                return False
            if code != "ResourceAlreadyExistsException":
                raise
        return True
