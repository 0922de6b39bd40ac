"""How many executions a function and the account may have at one time."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The account's concurrency. AWS's is 1,000. This is one machine, and the front door has 64 threads for all calls.
ACCOUNT_CONCURRENCY = 32
#: How many executions stay unreserved: the same share of our smaller account as on AWS.
UNRESERVED = 2


class Concurrency:
    def __init__(self, provisioned: Callable[[], int]) -> None:
        """``provisioned``: how many of the account's executions are set aside as provisioned concurrency."""
        self._provisioned = provisioned
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._on_demand = 0

    @contextlib.contextmanager
    def of_function(self, name: str, reserved: int | None) -> Iterator[int]:
        """Takes one of a function's executions; gives how many run now. Raises TooManyRequestsException."""
        with self._lock:
            if reserved is not None and self._running[name] >= reserved:
                raise _throttled()
            self._running[name] += 1
            running = self._running[name]
        try:
            yield running
        finally:
            with self._lock:
                self._running[name] -= 1

    @contextlib.contextmanager
    def on_demand(self) -> Iterator[None]:
        """Takes one of the account's executions that are not provisioned. Raises TooManyRequestsException."""
        with self._lock:
            if self._on_demand >= ACCOUNT_CONCURRENCY - self._provisioned():
                raise _throttled()
            self._on_demand += 1
        try:
            yield
        finally:
            with self._lock:
                self._on_demand -= 1


def _throttled() -> AwsError:
    return AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)
