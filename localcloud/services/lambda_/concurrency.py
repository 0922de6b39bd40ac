"""How many executions a function, the account and this machine may have at one time."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The account's concurrency, and how much of it no function may reserve: AWS's figures. Reservations are numbers alone.
ACCOUNT_CONCURRENCY = 1000
UNRESERVED = 100
#: How many executions really run. This is one machine, and the front door has 64 threads for all calls.
MACHINE_CONCURRENCY = 32
#: Of these, how many are never provisioned.
ON_DEMAND = 2
#: AWS's word for a function that has all the executions that are reserved for it.
RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


class Concurrency:
    def __init__(self, provisioned: Callable[[], int]) -> None:
        """``provisioned``: how many of the machine's executions are set aside as provisioned concurrency."""
        self._provisioned = provisioned
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._on_demand = 0

    @contextlib.contextmanager
    def of_function(self, name: str, reserved: int | None) -> Iterator[int]:
        """Takes one of a function's executions; gives how many run now. Raises TooManyRequestsException."""
        with self._lock:
            if reserved is not None and self._running[name] >= reserved:
                raise _throttled(RESERVED)
            self._running[name] += 1
            running = self._running[name]
        try:
            yield running
        finally:
            with self._lock:
                self._running[name] -= 1

    @contextlib.contextmanager
    def on_demand(self) -> Iterator[None]:
        """Takes one of the machine's executions that are not provisioned. Raises TooManyRequestsException."""
        with self._lock:
            if self._on_demand >= MACHINE_CONCURRENCY - self._provisioned():
                raise _throttled("ConcurrentInvocationLimitExceeded")
            self._on_demand += 1
        try:
            yield
        finally:
            with self._lock:
                self._on_demand -= 1


def _throttled(reason: str) -> AwsError:
    return AwsError("TooManyRequestsException", "Rate Exceeded.", status=429, members={"Reason": reason})
