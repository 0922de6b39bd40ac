"""Who an identity provider's token stands for, by the providers of the account and the role's trust policy.

The keys of most providers lie on the internet, where nothing here fetches them. The local user pools' do not.
"""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from localcloud.iam.account_state import AccountState
    from localcloud.platform.token_issuers import TokenIssuers

#: Condition keys of a trust policy that a token fills: the provider without its scheme, and one of its claims.
_KEY = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[^:\s]+)?:(?:aud|sub|amr)")
_OF_SERVICES = ("aws:", "sts:")


@dataclass(frozen=True, kw_only=True, slots=True)
class WebIdentity:
    provider: str
    """The provider's ARN, as trust policies name it."""
    issuer: str
    """Without its scheme."""
    audience: str
    subject: str
    methods: tuple[str, ...] = ()
    """How the provider says that it has authenticated them (``amr``)."""

    def context(self) -> dict[str, tuple[str, ...]]:
        """The condition keys that the token fills."""
        prefix = self.issuer.lower()
        found = {f"{prefix}:aud": (self.audience,), f"{prefix}:sub": (self.subject,)}
        return found | ({f"{prefix}:amr": self.methods} if self.methods else {})


def is_key(key: str) -> bool:
    """Whether a condition key of a trust policy is one that a token fills."""
    return bool(_KEY.fullmatch(key.lower())) and not key.lower().startswith(_OF_SERVICES)


def verified(token: str, state: AccountState, issuers: TokenIssuers) -> WebIdentity:
    """Raises AwsError in STS's words for a token that AWS refuses, UnsupportedError where nothing here can tell."""
    claims = _read(token)
    issuer = str(claims["iss"])
    provider = state.identity_provider(issuer)
    if provider is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {issuer}")
    audience = _audience(claims)
    if audience not in provider.audiences:
        raise _invalid("Incorrect token audience")
    verifier = issuers.verifier(issuer)
    if verifier is None:
        raise UnsupportedError(
            f"sts:AssumeRoleWithWebIdentity with a token of {issuer} (its keys are not this cloud's, and nothing is "
            "fetched from the internet)"
        )
    if verifier(token) is None:
        raise _invalid(
            "The web identity token that was passed could not be validated by AWS. Get a new identity token from the "
            "identity provider and then retry the request."
        )
    _check_time(claims)
    return WebIdentity(
        provider=provider.arn,
        issuer=issuer.partition("://")[2],
        audience=audience,
        subject=str(claims.get("sub", "")),
        methods=tuple(str(each) for each in claims["amr"]) if isinstance(claims.get("amr"), list) else (),
    )


def _read(token: str) -> dict[str, Any]:
    """The claims of a token, which nobody has verified yet."""
    parts = token.split(".")
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}{'=' * (-len(part) % 4)}")) for part in parts[:2])
    except (ValueError, RecursionError):
        header, claims = None, None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict) or "iss" not in claims:
        raise _invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    return claims


def _audience(claims: dict[str, Any]) -> str:
    """The client that the token is for. Where the provider names an authorized party, that is it."""
    audience = claims.get("azp") or claims.get("aud") or ""
    return str(audience[0] if isinstance(audience, list) and audience else audience)


def _check_time(claims: dict[str, Any]) -> None:
    now, ends = int(time.time()), claims.get("exp")
    if not isinstance(ends, int) or now >= ends:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now} must be before the expiration date/time {ends}",
        )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidIdentityToken", message)
