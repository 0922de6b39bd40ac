"""ID and access tokens with AWS's claims, signed by the pool's key. An access token counts while its sign-in does."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp import clients
from localcloud.services.cognito_idp.secrets_given import Now, now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.platform.store import Document
    from localcloud.services.cognito_idp.sign_ins import SignIns
    from localcloud.services.cognito_idp.signing import SigningKeys
    from localcloud.services.cognito_idp.users import Users

#: The scope of a sign-in that needs no page: it may do what GetUser and ChangePassword do, and nothing else.
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
#: Scope → the attributes that it opens. ``openid`` alone opens all.
_ATTRIBUTES = {
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "profile": (
        *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
        *("website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"),
    ),
}
_FLAGS = ("email_verified", "phone_number_verified")


@dataclass(frozen=True, kw_only=True, slots=True)
class Issued:
    access_token: str
    id_token: str
    """Empty where the scope lacks ``openid``."""
    refresh_token: str
    """Empty where tokens were made anew by one."""
    expires_in: int

    def as_result(self) -> dict[str, Any]:
        """``AuthenticationResult`` of InitiateAuth."""
        refresh = {"RefreshToken": self.refresh_token} if self.refresh_token else {}
        return {
            "AccessToken": self.access_token,
            "IdToken": self.id_token,
            "ExpiresIn": self.expires_in,
            "TokenType": "Bearer",
            **refresh,
        }


class Tokens:
    def __init__(self, region: str, keys: SigningKeys, sign_ins: SignIns, users: Users, *, clock: Now = now) -> None:
        self._region = region
        self._keys = keys
        self._sign_ins = sign_ins
        self._users = users
        self._now = clock

    def issuer(self, pool_id: str) -> str:
        return f"https://cognito-idp.{self._region}.amazonaws.com/{pool_id}"

    def begin(self, client: Document, user: Document, *, scopes: Iterable[str] = (), nonce: str = "") -> Issued:
        """Signs the user in. Without scopes, as InitiateAuth does."""
        sign_in = {
            "pool": user["Pool"],
            "client": client["ClientId"],
            "username": user["Username"],
            "scopes": list(scopes),
            "auth_time": int(self._now().timestamp()),
            "event_id": str(uuid.uuid4()),
        }
        origin, refresh = self._sign_ins.begin(sign_in, seconds=clients.validity_seconds(client, "RefreshToken"))
        return self._issue(client, user, origin, sign_in, nonce=nonce, refresh=refresh)

    def refresh(self, client: Document, token: str) -> Issued:
        """Raises AwsError NotAuthorizedException for a token that is another client's, was revoked or has expired."""
        found = self._sign_ins.of_refresh_token(token)
        if found is None or found[1]["client"] != client["ClientId"]:
            raise AwsError("NotAuthorizedException", "Invalid Refresh Token")
        origin, sign_in = found
        user = self._users.find(sign_in["pool"], sign_in["username"])
        if user is None or not user["Enabled"]:
            raise AwsError("NotAuthorizedException", "User is disabled." if user else "Invalid Refresh Token")
        return self._issue(client, user, origin, sign_in)

    def of_access_token(self, token: str, pool_id: str) -> dict[str, Any]:
        """The claims of an access token that counts now. Raises AwsError NotAuthorizedException."""
        claims = self._keys.verified(pool_id, token)
        if claims is None or claims.get("token_use") != "access" or claims.get("iss") != self.issuer(pool_id):
            raise AwsError("NotAuthorizedException", "Invalid Access Token")
        if claims["exp"] <= self._now().timestamp():
            raise AwsError("NotAuthorizedException", "Access Token has expired")
        if self._sign_ins.get(claims["origin_jti"]) is None:
            raise AwsError("NotAuthorizedException", "Access Token has been revoked")
        return claims

    def pool_of(self, token: str) -> str:
        """The pool that a token claims to be of; nothing of it is verified yet."""
        from joserfc.errors import JoseError
        from joserfc.jws import extract_compact

        try:
            claimed = extract_compact(token.encode()).payload
            issuer = str(_json(claimed).get("iss", ""))
        except (JoseError, ValueError, AttributeError, RecursionError) as error:
            raise AwsError("NotAuthorizedException", "Invalid Access Token") from error
        return issuer.rpartition("/")[2]

    def _issue(
        self,
        client: Document,
        user: Document,
        origin: str,
        sign_in: Document,
        *,
        nonce: str = "",
        refresh: str = "",
    ) -> Issued:
        scopes = sign_in["scopes"]
        lasts = clients.validity_seconds(client, "AccessToken")
        access = self._keys.sign(user["Pool"], self._access_claims(user, origin, sign_in, lasts))
        identity = ""
        if not scopes or "openid" in scopes:
            seconds = clients.validity_seconds(client, "IdToken")
            claims = self._identity_claims(user, origin, sign_in, seconds)
            claims |= {"nonce": nonce} if nonce else {}
            identity = self._keys.sign(user["Pool"], claims | {"at_hash": _half_hash(access)})
        return Issued(access_token=access, id_token=identity, refresh_token=refresh, expires_in=lasts)

    def _access_claims(self, user: Document, origin: str, sign_in: Document, seconds: int) -> dict[str, Any]:
        hosted = {"version": 2} if sign_in["scopes"] else {}
        return (
            self._claims(user, origin, sign_in, seconds)
            | hosted
            | {
                "token_use": "access",
                "client_id": sign_in["client"],
                "scope": " ".join(sign_in["scopes"]) or ADMIN_SCOPE,
                "username": user["Username"],
            }
        )

    def _identity_claims(self, user: Document, origin: str, sign_in: Document, seconds: int) -> dict[str, Any]:
        return (
            self._claims(user, origin, sign_in, seconds)
            | claims_of(user, sign_in["scopes"])
            | {
                "token_use": "id",
                "aud": sign_in["client"],
                "cognito:username": user["Username"],
            }
        )

    def _claims(self, user: Document, origin: str, sign_in: Document, seconds: int) -> dict[str, Any]:
        moment = self._now()
        return {
            "sub": user["attributes"]["sub"],
            **({"cognito:groups": user["groups"]} if user["groups"] else {}),
            "iss": self.issuer(user["Pool"]),
            "origin_jti": origin,
            "event_id": sign_in["event_id"],
            "auth_time": sign_in["auth_time"],
            "iat": int(moment.timestamp()),
            "exp": int((moment + timedelta(seconds=seconds)).timestamp()),
            "jti": str(uuid.uuid4()),
        }


def claims_of(user: Document, scopes: Iterable[str]) -> dict[str, Any]:
    """The user's attributes that the scopes open."""
    known: dict[str, str] = user["attributes"]
    asked = [name for scope in scopes for name in _ATTRIBUTES.get(scope, ())]
    names = asked or [name for name in known if name != "sub"]
    return {name: known[name] == "true" if name in _FLAGS else known[name] for name in names if name in known}


def _half_hash(token: str) -> str:
    """OpenID Connect's ``at_hash``: binds an ID token to its access token."""
    half = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _json(text: bytes) -> dict[str, Any]:
    import json

    found = json.loads(text)
    return found if isinstance(found, dict) else {}
