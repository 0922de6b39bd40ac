"""The CORS settings of a function URL: Lambda answers a browser's preflight itself, and adds its headers to answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.service import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "access-control-"


def preflight(cors: Mapping[str, Any], method: str, headers: Mapping[str, str]) -> HttpResponse | None:
    """The answer to a preflight; None for any other request, and where the URL leaves CORS to the function."""
    if not cors or method != "OPTIONS" or "origin" not in headers or f"{_PREFIX}request-method" not in headers:
        return None
    found = _allowed(cors, headers["origin"], headers[f"{_PREFIX}request-method"])
    if found:
        found |= _joined(cors, "allow-methods", "AllowMethods") | _joined(cors, "allow-headers", "AllowHeaders")
        found |= {f"{_PREFIX}max-age": str(cors["MaxAge"])} if "MaxAge" in cors else {}
    return HttpResponse(status=200, headers=found)


def with_cors(cors: Mapping[str, Any], method: str, headers: Mapping[str, str], answer: HttpResponse) -> HttpResponse:
    """The answer with the URL's headers in the place of the function's own, if the URL has settings."""
    if not cors:
        return answer
    own = {name: value for name, value in answer.headers.items() if not name.startswith(_PREFIX)}
    found = _allowed(cors, headers["origin"], method) if "origin" in headers else {}
    if found:
        found |= _joined(cors, "expose-headers", "ExposeHeaders")
    return HttpResponse(status=answer.status, headers=own | found, body=answer.body, more_headers=answer.more_headers)


def _allowed(cors: Mapping[str, Any], origin: str, method: str) -> dict[str, str]:
    """What tells a browser that a page of this origin may ask so; nothing where it may not."""
    origins, methods = cors.get("AllowOrigins", []), cors.get("AllowMethods", [])
    if not ({"*", origin} & set(origins) and {"*", method} & set(methods)):
        return {}
    with_credentials = bool(cors.get("AllowCredentials"))
    found = {f"{_PREFIX}allow-origin": "*" if "*" in origins and not with_credentials else origin, "vary": "Origin"}
    return found | ({f"{_PREFIX}allow-credentials": "true"} if with_credentials else {})


def _joined(cors: Mapping[str, Any], header: str, setting: str) -> dict[str, str]:
    return {f"{_PREFIX}{header}": ",".join(cors[setting])} if cors.get(setting) else {}
