"""Passwords: what a pool's policy asks of them, and how they are kept. Nobody can read one back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYMBOLS = set("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_MEMORY_BYTES = 64 * 1024 * 1024
_LONGEST = 256
#: AWS's policy of a pool that was made without one.
DEFAULT_POLICY: dict[str, Any] = {
    "MinimumLength": 8,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 7,
}


def whole_policy(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """A pool's policy with all its members. What a given policy leaves out is not required."""
    if not given:
        return dict(DEFAULT_POLICY)
    lenient = {name: False for name in DEFAULT_POLICY if name.startswith("Require")}
    found = lenient | {"MinimumLength": 8, "TemporaryPasswordValidityDays": 7} | dict(given)
    if not 6 <= found["MinimumLength"] <= 99:
        raise AwsError("InvalidParameterException", "MinimumLength of the password policy must be from 6 to 99.")
    return found


def check(policy: Mapping[str, Any], password: str) -> None:
    """Raises AwsError InvalidPasswordException in AWS's words."""
    problem = _problem(policy, password)
    if problem:
        raise AwsError("InvalidPasswordException", f"Password did not conform with policy: {problem}")


def _problem(policy: Mapping[str, Any], password: str) -> str:
    if len(password) < policy["MinimumLength"]:
        return "Password not long enough"
    if len(password) > _LONGEST:
        return "Password too long"
    if password != password.strip():
        return "Password must not start or end with spaces"
    asked = (
        ("RequireUppercase", any(each in string.ascii_uppercase for each in password), "uppercase"),
        ("RequireLowercase", any(each in string.ascii_lowercase for each in password), "lowercase"),
        ("RequireNumbers", any(each in string.digits for each in password), "numeric"),
        ("RequireSymbols", any(each in _SYMBOLS for each in password), "symbol"),
    )
    lacking = [kind for name, there, kind in asked if policy[name] and not there]
    return f"Password must have {lacking[0]} characters" if lacking else ""


def kept(password: str) -> str:
    """The password as it is kept: salt and scrypt hash."""
    salt = secrets.token_bytes(16)
    return ".".join(base64.b64encode(part).decode() for part in (salt, _hash(password, salt)))


def matches(password: str, hashed: str) -> bool:
    """Takes as long for a user who does not exist (``hashed`` is empty) as for one who does."""
    if len(password) > _LONGEST:
        return False
    salt, known = (base64.b64decode(part) for part in (hashed or _NOBODYS).split("."))
    return hmac.compare_digest(_hash(password, salt), known) and bool(hashed)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=_MEMORY_BYTES, dklen=32)


_NOBODYS = ".".join(base64.b64encode(part).decode() for part in (bytes(16), bytes(32)))


def new(policy: Mapping[str, Any]) -> str:
    """A temporary password that the policy takes, for a user to whom nobody gave one."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(max(12, policy["MinimumLength"]))) + "aA1!"
