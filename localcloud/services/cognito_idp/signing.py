"""The RSA key of each pool. It is made with the pool, kept in the store, and signs all its tokens.

The private part leaves this module only as a signature. The cryptography is joserfc's, over OpenSSL.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

    from localcloud.platform.store import Store

_BITS = 2048
_ALGORITHM = "RS256"


class SigningKeys:
    def __init__(self, store: Store) -> None:
        self._table = store.table("cognito.keys")
        self._known: dict[str, RSAKey] = {}
        self._lock = threading.Lock()

    def make(self, pool_id: str) -> None:
        from joserfc.jwk import RSAKey

        kid = uuid.uuid4().hex
        key = RSAKey.generate_key(_BITS, {"kid": kid, "use": "sig", "alg": _ALGORITHM}, private=True)
        self._table.put(pool_id, {"key": key.as_dict(private=True)})

    def forget(self, pool_id: str) -> None:
        self._table.delete(pool_id)
        with self._lock:
            self._known.pop(pool_id, None)

    def public(self, pool_id: str) -> dict[str, Any] | None:
        """The pool's JSON Web Key; None where there is no such pool."""
        key = self._key(pool_id)
        return dict(key.as_dict(private=False)) if key is not None else None

    def sign(self, pool_id: str, claims: dict[str, Any]) -> str:
        from joserfc import jwt

        key = self._key(pool_id)
        if key is None:
            raise LookupError(f"{pool_id} has no key")
        return jwt.encode({"kid": key.kid, "alg": _ALGORITHM}, claims, key, algorithms=[_ALGORITHM])

    def verified(self, pool_id: str, token: str) -> dict[str, Any] | None:
        """The claims of a token that this pool signed; None for any other text. Their time is for the caller."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        key = self._key(pool_id)
        if key is None:
            return None
        try:
            return dict(jwt.decode(token, key, algorithms=[_ALGORITHM]).claims)
        except (JoseError, ValueError, RecursionError):
            return None

    def _key(self, pool_id: str) -> RSAKey | None:
        from joserfc.jwk import RSAKey

        with self._lock:
            if pool_id not in self._known:
                found = self._table.get(pool_id)
                if found is None:
                    return None
                self._known[pool_id] = RSAKey.import_key(found["key"])
            return self._known[pool_id]
