"""A role in a service's hands for as long as the service needs it: assumed anew before its hour is over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.clients import Clients

#: Less than the hour that STS gives, by more than the longest call takes.
_REUSED_SECONDS = 1800


class RoleSession:
    """``assume`` gives credentials; it is asked when they are first needed, and what asks for them gets its errors."""

    def __init__(self, clients: Clients, assume: Callable[[], dict[str, str]]) -> None:
        self._clients = clients
        self._assume = assume
        self._lock = threading.Lock()
        self._current: dict[str, str] = {}
        self._since = 0.0

    @property
    def credentials(self) -> dict[str, str]:
        """boto3's keyword arguments, good for half an hour at the least."""
        with self._lock:
            if not self._current or time.monotonic() - self._since > _REUSED_SECONDS:
                self._current, self._since = self._assume(), time.monotonic()
            return self._current

    def client(self, service: str) -> Any:
        """A boto3 client that stays good: each call is made with the credentials of its time."""
        return _Renewed(lambda: self._clients.for_credentials(service, self.credentials))


class _Renewed:
    def __init__(self, current: Callable[[], Any]) -> None:
        self._current = current

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)
