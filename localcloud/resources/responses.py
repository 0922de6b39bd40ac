"""The answers of custom resources: each request has an address, to which the function puts its answer."""

from __future__ import annotations

import contextlib
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX = "/_cloudformation/responses/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """An answer that may come."""

    url: str
    answer: Callable[[], bytes | None]
    """Returns the function's last word so far; None where there is none."""


class Responses:
    """The addresses in use. What they get is an operation's own matter: a restart of the local cloud ends it."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._lock = threading.Lock()
        #: Signature in the address → answer.
        self._waiting: dict[str, bytes | None] = {}

    @contextlib.contextmanager
    def expected(self, name: str) -> Iterator[Expected]:
        """An address that takes an answer until the end of the block. Who knows it may answer, as on AWS."""
        signature = secrets.token_hex(32)
        with self._lock:
            self._waiting[signature] = None
        url = f"{self._endpoint_url}{PREFIX}{quote(name, safe='')}?Signature={signature}"
        try:
            yield Expected(url=url, answer=lambda: self._waiting[signature])
        finally:
            with self._lock:
                del self._waiting[signature]

    def put(self, signature: str, answer: bytes) -> bool:
        """Whether the address was one that waits."""
        with self._lock:
            if signature not in self._waiting:
                return False
            self._waiting[signature] = answer
            return True
