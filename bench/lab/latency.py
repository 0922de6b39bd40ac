"""How long requests take: one after the other on each of several connections, every answer checked."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

WARM_UP, REQUESTS = 500, 4000

Ask = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Measured:
    median_ms: float
    p99_ms: float
    per_second: float

    def row(self, name: str, connections: int) -> str:
        return f"{name:<14}{connections:>12}{self.median_ms:>9.2f}{self.p99_ms:>9.2f}{self.per_second:>12.0f}"


HEAD = f"{'':<14}{'connections':>12}{'p50 ms':>9}{'p99 ms':>9}{'requests/s':>12}"


async def measure(ask: Ask, expected: bytes, connections: int) -> Measured:
    """Each connection sends its next request when the last one was answered."""
    await _run(ask, expected, connections, WARM_UP)
    begun = time.perf_counter()
    seconds = await _run(ask, expected, connections, REQUESTS)
    elapsed = time.perf_counter() - begun
    centiles = statistics.quantiles(seconds, n=100)
    return Measured(centiles[49] * 1e3, centiles[98] * 1e3, len(seconds) / elapsed)


async def _run(ask: Ask, expected: bytes, connections: int, requests: int) -> list[float]:
    async def one() -> list[float]:
        seconds = []
        for _ in range(requests // connections):
            begun = time.perf_counter()
            answer = await ask()
            seconds.append(time.perf_counter() - begun)
            if answer != expected:
                raise SystemExit(f"A wrong answer: {answer[:200]!r}")
        return seconds

    lists = await asyncio.gather(*(one() for _ in range(connections)))
    return [second for part in lists for second in part]
