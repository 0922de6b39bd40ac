"""Cognito authorizers: a token of one of their pools, signed by a key that the pool publishes, and not expired."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from localcloud.platform.loopback_http import ConnectionLostError, Connections
from localcloud.services.apigateway.gateway_responses import unauthorized

if TYPE_CHECKING:
    from localcloud.platform.settings import Settings
    from localcloud.services.apigateway.serving.snapshots import Method

#: Where Cognito publishes a pool's keys: its virtual host, by its path on the one port.
_KEYS_PATH = "/_cognito-idp/{pool}/.well-known/jwks.json"
_KEYS_SECONDS = 5.0
#: A pool whose key set lacks a key is not asked again before this time, whatever tokens come.
_ASK_AGAIN_SECONDS = 1.0
_LARGEST_TOKEN = 16 * 1024
EXPIRED = "The incoming token has expired"


class CognitoTokens:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connections = Connections()
        #: Pool → (when asked, key id → key).
        self._keys: dict[str, tuple[float, dict[str, Any]]] = {}

    async def claims(self, method: Method, headers: dict[str, str]) -> dict[str, Any]:
        """The claims of the request's token. Raises Refused where it has none that counts."""
        authorizer = method.authorizer
        assert authorizer is not None  # noqa: S101  (as snapshots.py compiles methods)
        token = headers.get(authorizer.header, "")
        scheme, _, rest = token.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else token
        if not token or len(token) > _LARGEST_TOKEN:
            raise unauthorized()
        pool, key_id = _said_by(token, self._settings.region)
        if pool not in authorizer.pools:
            raise unauthorized(detail=f"the token is of {pool or 'no pool'}, not of {', '.join(authorizer.pools)}")
        claims = _verified(token, await self._key(pool, key_id))
        _check_use(claims, method.scopes)
        client = str(claims.get("aud") or claims.get("client_id") or "")
        if authorizer.audience is not None and not authorizer.audience.fullmatch(client):
            raise unauthorized(detail=f"the token is for the client {client}")
        return claims

    async def _key(self, pool: str, key_id: str) -> Any:
        asked, keys = self._keys.get(pool, (-_ASK_AGAIN_SECONDS, {}))
        if key_id not in keys and time.monotonic() - asked >= _ASK_AGAIN_SECONDS:
            keys = await self._published(pool)
            self._keys[pool] = time.monotonic(), keys
        if key_id not in keys:
            raise unauthorized(detail=f"the pool {pool} publishes no key {key_id}")
        return keys[key_id]

    async def _published(self, pool: str) -> dict[str, Any]:
        from joserfc.jwk import RSAKey

        port = self._settings.port
        try:
            async with asyncio.timeout(_KEYS_SECONDS):
                answer = await self._connections.get(port, _KEYS_PATH.format(pool=pool), {})
        except (TimeoutError, ConnectionLostError):
            return {}
        if answer.status != 200:
            return {}
        return {key["kid"]: RSAKey.import_key(key) for key in json.loads(answer.body)["keys"]}


def _said_by(token: str, region: str) -> tuple[str, str]:
    """The pool and the key that a token names, before anybody has checked it; raises Refused for what is no token."""
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        parsed = jws.extract_compact(token.encode())
        claims = json.loads(parsed.payload)
        issuer, key_id = claims["iss"], parsed.headers()["kid"]
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise unauthorized(detail="it is no signed token") from error
    prefix = f"https://cognito-idp.{region}.amazonaws.com/"
    named = isinstance(issuer, str) and isinstance(key_id, str) and issuer.startswith(prefix)
    return (issuer.removeprefix(prefix), key_id) if named else ("", "")


def _verified(token: str, key: Any) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError) as error:
        raise unauthorized(detail=f"its signature does not hold: {error}") from error
    expires = claims.get("exp")
    if not isinstance(expires, (int, float)):
        raise unauthorized(detail="it does not say when it expires")
    if expires <= time.time():
        raise unauthorized(EXPIRED)
    return claims


def _check_use(claims: dict[str, Any], scopes: tuple[str, ...]) -> None:
    """As on AWS: a method with scopes takes an access token with one of them, any other method an ID token."""
    use = claims.get("token_use")
    if not scopes:
        if use != "id":
            raise unauthorized(detail=f"the method has no scopes, so it takes an ID token, not one for {use}")
        return
    granted = str(claims.get("scope") or "").split()
    if use != "access" or not set(scopes) & set(granted):
        raise unauthorized(detail=f"the method wants an access token with one of {', '.join(scopes)}, not {granted}")
