"""Token buckets: so many requests a second, and so many at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.services.apigateway.serving.stages import Limit


@dataclass(slots=True)
class _Bucket:
    limit: Limit
    tokens: float
    filled: float


class Throttles:
    """The buckets by their owner. A bucket whose limit changes begins full. Used from one event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def admit(self, owner: str, limit: Limit) -> bool:
        """Takes a token; False where there is none. A burst of 0 admits nobody."""
        now = self._clock()
        bucket = self._buckets.get(owner)
        if bucket is None or bucket.limit != limit:
            bucket = self._buckets[owner] = _Bucket(limit=limit, tokens=float(limit.burst), filled=now)
        bucket.tokens = min(float(limit.burst), bucket.tokens + (now - bucket.filled) * limit.rate)
        bucket.filled = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
