"""A role that a service holds for as long as it needs it: the session is renewed before it expires."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.clients import Clients

#: STS gives an hour. The rest of it is more than the longest call takes.
_REUSED_SECONDS = 1800


class RoleSession:
    """``assume`` returns credentials. It is called when they are first needed, and its errors reach that caller."""

    def __init__(self, clients: Clients, assume: Callable[[], dict[str, str]]) -> None:
        self._clients = clients
        self._assume = assume
        self._lock = threading.Lock()
        self._current: dict[str, str] = {}
        self._since = 0.0

    @property
    def credentials(self) -> dict[str, str]:
        """boto3's keyword arguments, valid for another half hour at least."""
        with self._lock:
            # By the clock on the wall, as the session itself: the other one stands still while a laptop sleeps.
            if not self._current or not 0 <= time.time() - self._since <= _REUSED_SECONDS:
                self._current, self._since = self._assume(), time.time()
            return self._current

    def client(self, service: str) -> Any:
        """A boto3 client that stays valid: each call uses the credentials of its time."""
        return _Renewed(lambda: self._clients.for_credentials(service, self.credentials))


class _Renewed:
    def __init__(self, current: Callable[[], Any]) -> None:
        self._current = current

    def __getattr__(self, name: str) -> Any:
        return getattr(self._current(), name)
