"""Answers of the sign-in pages and of OAuth's endpoints. None of them may be stored on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from localcloud.platform.service import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER_STORED = {
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}
#: A page of any origin may exchange its code: the code and its verifier say whose it is, no cookie does.
ANY_ORIGIN = {"access-control-allow-origin": "*"}


def html(status: int, page: str, *, policy: str, cookie: str = "") -> HttpResponse:
    """``policy``: the page's Content-Security-Policy. ``cookie``: a whole Set-Cookie."""
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy, **_NEVER_STORED}
    return HttpResponse(status=status, headers=headers | ({"set-cookie": cookie} if cookie else {}), body=page.encode())


def redirect(address: str, *, cookie: str = "") -> HttpResponse:
    headers = {"location": address, **_NEVER_STORED} | ({"set-cookie": cookie} if cookie else {})
    return HttpResponse(status=302, headers=headers)


def document(status: int, content: Mapping[str, Any], **headers: str) -> HttpResponse:
    """JSON for a program of any origin; ``headers`` with underscores for hyphens."""
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(
        status=status,
        headers={"content-type": "application/json;charset=UTF-8", **_NEVER_STORED, **ANY_ORIGIN, **own},
        body=json.dumps(content).encode(),
    )


def empty(status: int) -> HttpResponse:
    return HttpResponse(status=status, headers={**_NEVER_STORED, **ANY_ORIGIN})


def preflight(methods: str) -> HttpResponse:
    headers = {"access-control-allow-methods": methods, "access-control-max-age": "1800"}
    allowed = {"access-control-allow-headers": "authorization,content-type"}
    return HttpResponse(status=200, headers={**ANY_ORIGIN, **headers, **allowed})


def with_query(address: str, parameters: Mapping[str, str]) -> str:
    """The address with these parameters after those that it has."""
    given = {name: value for name, value in parameters.items() if value}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}"
