"""Calls to GitHub's REST API, which on this machine is the local cloud's own stand-in."""

from __future__ import annotations

import json

from localcloud.platform import own_http


def ask(endpoint_url: str, method: str, path: str, *, token: str, body: object = None) -> own_http.Answer:
    """Calls the API, with the token in a header only. Raises OSError or http.client.HTTPException without an answer."""
    headers = {
        "Authorization": f"token {token}",
        "User-Agent": "AWS-CodePipeline",
        "Accept": "application/vnd.github+json",
    }
    content = None if body is None else json.dumps(body)
    return own_http.call(endpoint_url, method, f"/_github/api{path}", headers, content)
