"""A build's log, with the lines of AWS's build agent and with secrets masked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.log_stream import LogStream

MASK = "***"
#: In a secret with several lines, shorter ones (a bracket of JSON) would mask half the log.
SHORTEST_LINE = 4


class BuildLog:
    def __init__(self, stream: LogStream | None) -> None:
        """``stream``: None where the project switched CloudWatch Logs off."""
        self._stream = stream
        self._secrets: list[str] = []

    def hide(self, secret: str) -> None:
        """Shows the value as ``***`` from now on, and each longer line of a value with several lines."""
        lines = {line for line in secret.splitlines() if len(line) >= SHORTEST_LINE}
        self._secrets = sorted({*self._secrets, *lines, secret} - {""}, key=len, reverse=True)

    def masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def output(self, line: str) -> None:
        """Writes a line of a command."""
        if self._stream:
            self._stream.write(self.masked(line))

    def say(self, text: str) -> None:
        """Writes a line of the build agent."""
        self.output(f"[Container] {datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} {text}")

    def close(self) -> None:
        if self._stream:
            self._stream.close()
