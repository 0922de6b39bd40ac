"""User pools as documents: what their settings may be, and what AWS shows of them."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cognito_idp import attributes, passwords

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

#: Accepted as facts: the local cloud sends no mail and no message.
_OF_MESSAGES = (
    *("EmailVerificationMessage", "EmailVerificationSubject", "SmsVerificationMessage", "VerificationMessageTemplate"),
    *("AutoVerifiedAttributes", "AccountRecoverySetting", "UserAttributeUpdateSettings"),
)
_CHANGEABLE = (
    *("Policies", "DeletionProtection", "AdminCreateUserConfig", "MfaConfiguration", "UserPoolTags", "UserPoolTier"),
    *_OF_MESSAGES,
)
_AT_CREATION = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "Schema")
_NAMES = frozenset({"email", "phone_number"})
_ALIASES = _NAMES | {"preferred_username"}
_ID_CHARACTERS = string.ascii_letters + string.digits


class Pools:
    def __init__(self, cloud: Cloud) -> None:
        self._region = cloud.settings.region
        self._arn = cloud.arn
        self.table = cloud.store.table("cognito.pools")

    def get(self, pool_id: str) -> Document:
        found = self.table.get(pool_id)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
        return found

    def create(self, params: Params) -> Document:
        settings = _settings(params, "CreateUserPool", (*_CHANGEABLE, *_AT_CREATION, "PoolName"))
        accept_only(params.get("UsernameConfiguration", {}), ("CaseSensitive",), "cognito-idp:UsernameConfiguration")
        if params.get("AliasAttributes") and params.get("UsernameAttributes"):
            raise AwsError("InvalidParameterException", "Only one of AliasAttributes or UsernameAttributes can be set.")
        if set(params.get("UsernameAttributes", ())) - _NAMES or set(params.get("AliasAttributes", ())) - _ALIASES:
            raise AwsError(
                "InvalidParameterException", "Names are email or phone_number; aliases preferred_username too."
            )
        pool_id = f"{self._region}_{''.join(secrets.choice(_ID_CHARACTERS) for _ in range(9))}"
        now = datetime.now(UTC)
        pool = {
            "Id": pool_id,
            "Name": params["PoolName"],
            "Arn": self._arn("cognito-idp", f"userpool/{pool_id}"),
            "CreationDate": now,
            "LastModifiedDate": now,
            **{name: params[name] for name in _AT_CREATION if params.get(name)},
            "SchemaAttributes": attributes.schema(params.get("Schema", [])),
            **settings,
        }
        pool.pop("Schema", None)
        self.table.put(pool_id, pool)
        return pool

    def update(self, pool_id: str, params: Params) -> None:
        """As AWS: a setting that the request leaves out goes back to its default."""
        known = self.get(pool_id)
        settings = _settings(params, "UpdateUserPool", (*_CHANGEABLE, "UserPoolId", "PoolName"))
        kept = {name: value for name, value in known.items() if name not in _CHANGEABLE}
        name = {"Name": params["PoolName"]} if params.get("PoolName") else {}
        self.table.put(pool_id, kept | settings | name | {"LastModifiedDate": datetime.now(UTC)})

    def policy(self, pool_id: str) -> dict[str, Any]:
        policy: dict[str, Any] = self.get(pool_id)["Policies"]["PasswordPolicy"]
        return policy


def only_administrators_create(pool: Document) -> bool:
    return bool(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"])


def _settings(params: Params, operation: str, known: tuple[str, ...]) -> Document:
    accept_only(params, known, f"cognito-idp:{operation}")
    _refuse_unsupported(params)
    invitations = params.get("AdminCreateUserConfig", {})
    policies = params.get("Policies", {})
    password = passwords.whole_policy(policies.get("PasswordPolicy"))
    days = invitations.get("UnusedAccountValidityDays")
    if days is not None and "TemporaryPasswordValidityDays" not in policies.get("PasswordPolicy", {}):
        password["TemporaryPasswordValidityDays"] = days
    return {
        **{name: params[name] for name in _CHANGEABLE if params.get(name)},
        "Policies": {"PasswordPolicy": password, "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}},
        "MfaConfiguration": "OFF",
        "DeletionProtection": params.get("DeletionProtection", "INACTIVE"),
        "UserPoolTier": params.get("UserPoolTier", "ESSENTIALS"),
        "AdminCreateUserConfig": {
            **invitations,
            "AllowAdminCreateUserOnly": bool(invitations.get("AllowAdminCreateUserOnly", False)),
            "UnusedAccountValidityDays": password["TemporaryPasswordValidityDays"],
        },
    }


def _refuse_unsupported(params: Params) -> None:
    if params.get("MfaConfiguration", "OFF") != "OFF":
        raise UnsupportedError(
            f"cognito-idp: multi-factor authentication (MfaConfiguration {params['MfaConfiguration']})"
        )
    if params.get("UserPoolTier") == "PLUS":
        raise UnsupportedError("cognito-idp: advanced security (UserPoolTier PLUS)")
    policies = params.get("Policies", {})
    history = policies.get("PasswordPolicy", {}).get("PasswordHistorySize")
    if history:
        raise UnsupportedError("cognito-idp: PasswordHistorySize")
    factors = policies.get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ["PASSWORD"])
    if factors != ["PASSWORD"]:
        raise UnsupportedError(f"cognito-idp: sign-in without a password (AllowedFirstAuthFactors {factors})")
