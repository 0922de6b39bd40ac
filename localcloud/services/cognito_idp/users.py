"""Users as documents, by pool: found by their name, or by an alias that their pool allows."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp import attributes, passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localcloud.platform.store import Document, Store
    from localcloud.services.cognito_idp.pools import Pools

CONFIRMED, UNCONFIRMED, FORCE_CHANGE_PASSWORD = "CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD"
_LONGEST_NAME = 128
_NO_USER = "User does not exist."


class Users:
    def __init__(self, store: Store, pools: Pools) -> None:
        self.table = store.table("cognito.users")
        self._pools = pools

    def find(self, pool_id: str, name: str) -> Document | None:
        pool = self._pools.get(pool_id)
        found = self.table.get(f"{pool_id}/{_folded(pool, name)}")
        if found is not None:
            return found
        aliases = [*pool.get("AliasAttributes", []), *pool.get("UsernameAttributes", [])]
        must_be_verified = bool(pool.get("AliasAttributes"))
        for alias in aliases:
            for user in self.of_pool(pool_id):
                if _has_alias(user, alias, name, verified=must_be_verified):
                    return user
        return None

    def get(self, pool_id: str, name: str) -> Document:
        found = self.find(pool_id, name)
        if found is None:
            raise AwsError("UserNotFoundException", _NO_USER)
        return found

    def of_pool(self, pool_id: str) -> Iterator[Document]:
        return (user for _, user in self.table.items(f"{pool_id}/"))

    def create(self, pool_id: str, name: str, given: Mapping[str, str], *, status: str, password: str) -> Document:
        """Raises AwsError UsernameExistsException, InvalidPasswordException, InvalidParameterException."""
        pool = self._pools.get(pool_id)
        passwords.check(self._pools.policy(pool_id), password)
        named, own = dict(given), str(uuid.uuid4())
        username = _folded(pool, name)
        if pool.get("UsernameAttributes"):
            named.setdefault(_alias_of(pool, name), name)
            username = own
        if not name or len(name) > _LONGEST_NAME or any(each.isspace() for each in name):
            raise AwsError(
                "InvalidParameterException", f"The username {name!r} must have 1 to 128 characters, no spaces."
            )
        if self.find(pool_id, name) is not None:
            raise AwsError("UsernameExistsException", "User account already exists")
        now = datetime.now(UTC)
        user = {
            "Pool": pool_id,
            "Username": username,
            "Enabled": True,
            "UserStatus": status,
            "UserCreateDate": now,
            "UserLastModifiedDate": now,
            "attributes": {"sub": own, **named},
            "groups": [],
            "password": passwords.kept(password),
        }
        if status == FORCE_CHANGE_PASSWORD:
            user["password_expires"] = self._temporary_until(pool_id)
        self.table.put(f"{pool_id}/{username}", user)
        return user

    def change(self, user: Document, change: Callable[[Document], None]) -> Document:
        def at_this_time(document: Document) -> None:
            change(document)
            document["UserLastModifiedDate"] = datetime.now(UTC)

        try:
            return self.table.update(f"{user['Pool']}/{user['Username']}", at_this_time)
        except KeyError as error:
            raise AwsError("UserNotFoundException", _NO_USER) from error

    def set_password(self, user: Document, password: str, *, permanent: bool) -> Document:
        passwords.check(self._pools.policy(user["Pool"]), password)
        hashed, until = passwords.kept(password), None if permanent else self._temporary_until(user["Pool"])

        def set_it(document: Document) -> None:
            document["password"] = hashed
            document["UserStatus"] = CONFIRMED if permanent else FORCE_CHANGE_PASSWORD
            document.pop("password_expires", None)
            if until is not None:
                document["password_expires"] = until

        return self.change(user, set_it)

    def _temporary_until(self, pool_id: str) -> datetime:
        return datetime.now(UTC) + timedelta(days=self._pools.policy(pool_id)["TemporaryPasswordValidityDays"])


def shown(user: Document, *, attributes_as: str = "Attributes") -> dict[str, Any]:
    """A user as AWS shows one; GetUser and AdminGetUser call the attributes ``UserAttributes``."""
    names = ("Username", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus")
    return {name: user[name] for name in names} | {attributes_as: attributes.shown(user["attributes"])}


def _folded(pool: Document, name: str) -> str:
    sensitive = pool.get("UsernameConfiguration", {}).get("CaseSensitive", True)
    return name if sensitive else name.lower()


def _has_alias(user: Document, alias: str, name: str, *, verified: bool) -> bool:
    known = user["attributes"]
    value = known.get(alias, "")
    if not value or value.lower() != name.lower():
        return False
    return not verified or alias == "preferred_username" or known.get(f"{alias}_verified") == "true"


def _alias_of(pool: Document, name: str) -> str:
    """Which attribute a username is, in a pool whose names are e-mail addresses or telephone numbers."""
    allowed = pool["UsernameAttributes"]
    wanted = "email" if "@" in name else "phone_number"
    if wanted not in allowed:
        raise AwsError("InvalidParameterException", f"Username should be {' or '.join(allowed)}.")
    return wanted
