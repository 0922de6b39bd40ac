"""Plain HTTP calls to the local cloud's own front door: to what is no operation of an AWS API."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: bytes

    def described(self) -> str:
        """A third party's refusal, in CodePipeline's form."""
        return f"[StatusCode: {self.status}, Body: {self.body.decode('utf-8', 'replace')[:500]}]"


def call(endpoint_url: str, method: str, target: str, headers: Mapping[str, str], body: str | None = None) -> Answer:
    """``target``: the path, and the query if there is one. Raises OSError or HTTPException without an answer."""
    connection = http.client.HTTPConnection(urlsplit(endpoint_url).netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read())
    finally:
        connection.close()
