"""Calls of an API of ours with the caller's own credentials of AWS: Signature Version 4, as programs sign."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from scripts.cloud.addresses import reachable
from scripts.cloud.clients import credentials, decided

_TIMEOUT_SECONDS = 35.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """``status`` is 0 if nothing was answered; ``body`` then says why."""

    status: int
    body: str
    seconds: float


class ApiCalls:
    """Each thread has a connection of its own, which it keeps."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(reachable(address))
        self._credentials = credentials()
        self._of_thread = threading.local()

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> Answer:
        """``path`` below the API's stage, with the slash before it."""
        started = time.monotonic()
        url = f"{self._address.scheme}://{self._address.netloc}{self._address.path}{path}"
        request = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": content_type})
        SigV4Auth(self._credentials, "execute-api", decided().region).add_auth(request)
        connection = self._connection()
        try:
            connection.request(method, f"{self._address.path}{path}", body or None, dict(request.headers))
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, HTTPException) as error:
            connection.close()
            return Answer(status=0, body=f"{type(error).__name__}: {error}", seconds=time.monotonic() - started)
        return Answer(status=response.status, body=text, seconds=time.monotonic() - started)

    def _connection(self) -> HTTPConnection:
        found: HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = self._of_thread.connection = self._connect()
        return found

    def _connect(self) -> HTTPConnection:
        """Not every resolver knows names under localhost: they are this machine, so it is asked for by its address."""
        host, port = str(self._address.hostname), self._address.port
        if decided().is_local:
            return _NamedConnection(self._address.netloc, "127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        return HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS)


class _NamedConnection(HTTPConnection):
    """Asks another address for this host."""

    def __init__(self, named: str, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._named = named

    def putrequest(self, method: str, url: str, **_: Any) -> None:  # type: ignore[override]
        super().putrequest(method, url, skip_host=True)
        self.putheader("Host", self._named)
