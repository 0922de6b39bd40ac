"""Who is signed in: one entry for each sign-in, which its refresh token names. Without it, no token of it counts."""

from __future__ import annotations

import hmac
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from localcloud.services.cognito_idp.secrets_given import Now, digest, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.store import Document, Store


class SignIns:
    def __init__(self, store: Store, *, clock: Now = now) -> None:
        self._table = store.table("cognito.sign_ins")
        self._now = clock

    def begin(self, document: Document, *, seconds: float) -> tuple[str, str]:
        """``document``: pool, client, username, scopes, auth_time. Returns its ``origin_jti``, and a refresh token."""
        origin, secret = str(uuid.uuid4()), secrets.token_urlsafe(48)
        expires = self._now() + timedelta(seconds=seconds)
        self._table.put(origin, {**document, "refresh": digest(secret), "expires": expires})
        return origin, f"{origin}.{secret}"

    def of_refresh_token(self, token: str) -> tuple[str, Document] | None:
        """The sign-in of a refresh token, which has neither ended nor expired."""
        origin, _, secret = token.partition(".")
        found = self.get(origin)
        if found is None or not hmac.compare_digest(found["refresh"], digest(secret)):
            return None
        return origin, found

    def get(self, origin: str) -> Document | None:
        found = self._table.get(origin)
        return found if found is not None and found["expires"] > self._now() else None

    def end(self, which: Callable[[Document], bool]) -> None:
        for origin, found in self._table.items():
            if which(found):
                self._table.delete(origin)

    def end_one(self, origin: str) -> None:
        self._table.delete(origin)

    def end_of_user(self, pool_id: str, username: str) -> None:
        self.end(lambda found: found["pool"] == pool_id and found["username"] == username)

    def forget_expired(self) -> None:
        self.end(lambda found: found["expires"] <= self._now())
