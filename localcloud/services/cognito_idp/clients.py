"""App clients as documents: which pages may receive a sign-in, for how long its tokens count, and with what secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document, Store

#: The scopes of OpenID Connect that Cognito knows, and its own for GetUser and the like.
SCOPES = ("aws.cognito.signin.user.admin", "email", "openid", "phone", "profile")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
#: Kind of token → its unit where the client names none, its default, its least and its most, in seconds.
_VALIDITIES = {
    "AccessToken": ("hours", 3600, 300, 86_400),
    "IdToken": ("hours", 3600, 300, 86_400),
    "RefreshToken": ("days", 30 * 86_400, 3600, 3650 * 86_400),
}
_ALPHABET = string.ascii_lowercase + string.digits
_SETTINGS = (
    *("ClientName", "RefreshTokenValidity", "AccessTokenValidity", "IdTokenValidity", "TokenValidityUnits"),
    *("ExplicitAuthFlows", "SupportedIdentityProviders", "CallbackURLs", "LogoutURLs", "DefaultRedirectURI"),
    *("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient", "PreventUserExistenceErrors"),
    *("EnableTokenRevocation", "AuthSessionValidity", "ReadAttributes", "WriteAttributes"),
)
_DEFAULT_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")


class Clients:
    def __init__(self, store: Store) -> None:
        self.table = store.table("cognito.clients")

    def get(self, pool_id: str, client_id: str) -> Document:
        found = self.table.get(f"{pool_id}/{client_id}")
        if found is None:
            raise AwsError("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
        return found

    def find(self, client_id: str) -> Document:
        """A client by its id alone, as whoever has no AWS credentials names it."""
        for key in self.table.names():
            if key.endswith(f"/{client_id}"):
                return self.get(key.partition("/")[0], client_id)
        raise AwsError("ResourceNotFoundException", f"User pool client {client_id} does not exist.")

    def create(self, pool_id: str, params: Params) -> Document:
        accept_only(params, (*_SETTINGS, "UserPoolId", "GenerateSecret"), "cognito-idp:CreateUserPoolClient")
        now = datetime.now(UTC)
        client = {
            "UserPoolId": pool_id,
            "ClientId": _random(26),
            **({"ClientSecret": _random(52)} if params.get("GenerateSecret") else {}),
            "CreationDate": now,
            "LastModifiedDate": now,
            "EnableTokenRevocation": params.get("EnableTokenRevocation", True),
            **_settings(params),
        }
        self.table.put(f"{pool_id}/{client['ClientId']}", client)
        return client

    def update(self, pool_id: str, client_id: str, params: Params) -> Document:
        """As AWS: a setting that the request leaves out goes back to its default."""
        known = self.get(pool_id, client_id)
        accept_only(params, (*_SETTINGS, "UserPoolId", "ClientId"), "cognito-idp:UpdateUserPoolClient")
        kept = {name: value for name, value in known.items() if name not in _SETTINGS}
        kept["EnableTokenRevocation"] = params.get("EnableTokenRevocation", known["EnableTokenRevocation"])
        client = kept | {"ClientName": known["ClientName"]} | _settings(params)
        client["LastModifiedDate"] = datetime.now(UTC)
        self.table.put(f"{pool_id}/{client_id}", client)
        return client


def validity_seconds(client: Document, kind: str) -> int:
    """For how long a token of this kind (``AccessToken``, ``IdToken``, ``RefreshToken``) counts."""
    unit, default, least, most = _VALIDITIES[kind]
    given = client.get(f"{kind}Validity")
    if not given:
        return default
    found: int = given * _SECONDS[client.get("TokenValidityUnits", {}).get(kind, unit)]
    if not least <= found <= most:
        raise AwsError("InvalidParameterException", f"Invalid range for token validity: {kind} of {found} seconds.")
    return found


def hides_users(client: Document) -> bool:
    """Whether an unknown user is answered as a wrong password."""
    return bool(client.get("PreventUserExistenceErrors") == "ENABLED")


def check_secret_hash(client: Document, username: str, given: str | None) -> None:
    """Raises AwsError NotAuthorizedException where a client with a secret does not prove that it knows it."""
    secret = client.get("ClientSecret")
    if secret is None:
        if given:
            raise AwsError(
                "NotAuthorizedException", f"Client {client['ClientId']} has no secret: SECRET_HASH is given."
            )
        return
    if not given:
        raise AwsError(
            "NotAuthorizedException",
            f"Client {client['ClientId']} is configured with secret but SECRET_HASH was not received",
        )
    text = f"{username}{client['ClientId']}".encode()
    wanted = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest())
    if not hmac.compare_digest(wanted, given.encode()):
        raise AwsError("NotAuthorizedException", f"Unable to verify secret hash for client {client['ClientId']}")


def _settings(params: Params) -> dict[str, Any]:
    found = {name: params[name] for name in _SETTINGS if params.get(name) not in (None, [], {})}
    found.setdefault("ExplicitAuthFlows", list(_DEFAULT_FLOWS))
    found.setdefault("AuthSessionValidity", 3)
    found.setdefault("RefreshTokenValidity", 30 if "TokenValidityUnits" not in found else 0)
    if not found["RefreshTokenValidity"]:
        del found["RefreshTokenValidity"]
    for kind in _VALIDITIES:
        validity_seconds(found, kind)
    _check_providers(found)
    _check_oauth(found)
    return found


def _check_providers(client: dict[str, Any]) -> None:
    others = [name for name in client.get("SupportedIdentityProviders", []) if name != "COGNITO"]
    if others:
        raise UnsupportedError(f"cognito-idp: the identity provider {', '.join(others)}")


def _check_oauth(client: dict[str, Any]) -> None:
    flows = client.get("AllowedOAuthFlows", [])
    others = [flow for flow in flows if flow != "code"]
    if others:
        raise UnsupportedError(f"cognito-idp: the OAuth flow {', '.join(others)} (code is supported)")
    unknown = [scope for scope in client.get("AllowedOAuthScopes", []) if scope not in SCOPES]
    if unknown:
        raise UnsupportedError(f"cognito-idp: the scope {', '.join(unknown)} (those of OpenID Connect are supported)")
    if client.get("AllowedOAuthFlowsUserPoolClient") and not (flows and client.get("AllowedOAuthScopes")):
        raise AwsError(
            "InvalidOAuthFlowException",
            "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
        )
    if flows and not client.get("CallbackURLs"):
        raise AwsError("InvalidOAuthFlowException", "code flow requires CallbackURLs")
    for name in ("CallbackURLs", "LogoutURLs"):
        for address in client.get(name, []):
            _check_address(address, name)
    default = client.get("DefaultRedirectURI")
    if default and default not in client.get("CallbackURLs", []):
        raise AwsError("InvalidParameterException", "DefaultRedirectURI is not in the list of CallbackURLs")


def _check_address(address: str, name: str) -> None:
    """AWS's rules: absolute, no fragment; plain HTTP for this machine alone."""
    parts = urlsplit(address)
    named = parts.hostname if parts.scheme in ("http", "https") else True
    if not parts.scheme or not named:
        raise AwsError("InvalidParameterException", f"{address} in {name} is not a valid URI")
    if parts.fragment:
        raise AwsError("InvalidParameterException", f"{address} in {name} must not have a fragment")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise AwsError("InvalidParameterException", f"cannot use the HTTP protocol in {name}: {address}")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
