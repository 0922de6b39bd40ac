"""Requests of a batch transform: through the containers of one instance in order, with retries."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import EngineError
from localcloud.platform.settings import LOOPBACK

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from localcloud.services.sagemaker.container import Container

_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    body: bytes
    content_type: str


class RefusedError(EngineError):
    """A container answered with an error, or not at all (status 0)."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformClient:
    """``accept``: what the last container is asked for. Used from several threads."""

    containers: Sequence[Container]
    content_type: str
    accept: str
    timeout_seconds: float
    retries: int
    stop: threading.Event

    def ask(self, body: bytes) -> Answer:
        """Raises RefusedError. Only what is not the request's fault is asked again."""
        for attempt in range(self.retries + 1):
            try:
                return self._pass_through(body)
            except RefusedError as error:
                if 400 <= error.status < 500 or attempt == self.retries or self.stop.is_set():
                    raise
            time.sleep(_PAUSE_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def parameters(self) -> dict[str, Any]:
        """What the first container says of how it wants to be asked; empty if it says nothing."""
        try:
            status, _, body = self._exchange(self.containers[0], "GET", "/execution-parameters", {}, b"")
            found = json.loads(body) if status == http.HTTPStatus.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _pass_through(self, body: bytes) -> Answer:
        content_type, last = self.content_type, self.containers[-1]
        for container in self.containers:
            headers = {"content-type": content_type} if content_type else {}
            if container is last and self.accept:
                headers["accept"] = self.accept
            try:
                status, content_type, body = self._exchange(container, "POST", "/invocations", headers, body)
            except (OSError, http.client.HTTPException) as error:
                raise RefusedError(0, f"Model server did not respond to /invocations request: {error}") from error
            if not 200 <= status < 300:
                raise RefusedError(status, body.decode("utf-8", "replace"))
        return Answer(body=body, content_type=content_type)

    def _exchange(
        self, container: Container, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, container.port, timeout=self.timeout_seconds)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers.get("content-type", ""), response.read()
        finally:
            connection.close()
