"""The issuer of a pool's tokens: its public keys, and OpenID Connect's description of it.

Issuer and audience of tokens are AWS's text, whatever cloud signs them. The addresses in the description are those
where the endpoints answer: the local ones.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.service import HttpResponse
from localcloud.services.cognito_idp.clients import SCOPES
from localcloud.wire.addresses import Addresses

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest, Visit
    from localcloud.platform.settings import Settings
    from localcloud.services.cognito_idp.directory import Directory

_WELL_KNOWN = "/.well-known/"


class Issuer:
    def __init__(self, directory: Directory, settings: Settings) -> None:
        self._directory = directory
        self._region = settings.region
        self._addresses = Addresses(region=settings.region, port=settings.port)

    async def answer(self, visit: Visit) -> HttpResponse:
        return self._at(visit.request.method, visit.path)

    async def answer_route(self, request: HttpRequest) -> HttpResponse:
        return self._at(request.method, request.path)

    def _at(self, method: str, path: str) -> HttpResponse:
        pool_id, _, name = path.removeprefix("/").partition(_WELL_KNOWN)
        key = self._directory.keys.public(pool_id)
        if method not in ("GET", "HEAD"):
            return _document(405, {"message": f"{method} is not allowed here."})
        if key is None:
            return _document(404, {"message": f"User pool {pool_id} does not exist."})
        if name == "jwks.json":
            return _document(200, {"keys": [key]})
        if name == "openid-configuration":
            return _document(200, self._description(pool_id))
        return _document(404, {"message": f"There is no {path}."})

    def _description(self, pool_id: str) -> dict[str, Any]:
        issuer = self._directory.tokens.issuer(pool_id)
        found: dict[str, Any] = {
            "issuer": issuer,
            "jwks_uri": self._addresses.local(f"{issuer}{_WELL_KNOWN}jwks.json"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [scope for scope in SCOPES if "." not in scope],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        names = [name for name, domain in self._directory.domains.items() if domain["UserPoolId"] == pool_id]
        return found | (self._endpoints(names[0]) if names else {})

    def _endpoints(self, domain: str) -> dict[str, str]:
        site = self._addresses.local(f"https://{domain}.auth.{self._region}.amazoncognito.com")
        return {
            "authorization_endpoint": f"{site}/oauth2/authorize",
            "token_endpoint": f"{site}/oauth2/token",
            "userinfo_endpoint": f"{site}/oauth2/userInfo",
            "revocation_endpoint": f"{site}/oauth2/revoke",
            "end_session_endpoint": f"{site}/logout",
        }


def _document(status: int, content: dict[str, Any]) -> HttpResponse:
    headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
    if status == 200:
        headers["cache-control"] = "public, max-age=86400"
    return HttpResponse(status=status, headers=headers, body=json.dumps(content).encode())
