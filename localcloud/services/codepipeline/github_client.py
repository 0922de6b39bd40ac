"""Calls to GitHub's REST API, which on this machine is the local cloud's own stand-in."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    body: bytes

    def described(self) -> str:
        """A third party's refusal, in CodePipeline's form."""
        return f"[StatusCode: {self.status}, Body: {self.body.decode('utf-8', 'replace')[:500]}]"


def ask(endpoint_url: str, method: str, path: str, *, token: str, body: object = None) -> Answer:
    """Calls the API, with the token in a header only. Raises OSError or http.client.HTTPException without an answer."""
    connection = http.client.HTTPConnection(urlsplit(endpoint_url).netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            method,
            f"/_github/api{path}",
            body=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"token {token}",
                "User-Agent": "AWS-CodePipeline",
                "Accept": "application/vnd.github+json",
            },
        )
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read())
    finally:
        connection.close()
