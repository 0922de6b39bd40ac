"""Holds a password against a user, without saying whether there is one, and slower after each wrong one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp import clients, passwords
from localcloud.services.cognito_idp.secrets_given import Now, SecretsGiven, now
from localcloud.services.cognito_idp.users import FORCE_CHANGE_PASSWORD, UNCONFIRMED

if TYPE_CHECKING:
    from datetime import datetime

    from localcloud.platform.store import Document
    from localcloud.services.cognito_idp.pools import Pools
    from localcloud.services.cognito_idp.users import Users

WRONG = "Incorrect username or password."
#: AWS's: so many wrong passwords are free, then each one costs twice the time of the one before.
_FREE_ATTEMPTS = 5
_LONGEST_LOCK_SECONDS = 900
#: More names are forgotten, for anybody can make them up.
_MOST_NAMES = 10_000


class Authentication:
    def __init__(self, pools: Pools, users: Users, challenges: SecretsGiven, *, clock: Now = now) -> None:
        self._pools = pools
        self._users = users
        self._challenges = challenges
        self._attempts = _Attempts(clock)
        self._now = clock

    def with_password(self, client: Document, name: str, password: str) -> Document:
        """The user; raises AwsError NotAuthorizedException, UserNotFoundException, UserNotConfirmedException.

        A user whose status is FORCE_CHANGE_PASSWORD is not signed in yet: see :meth:`challenge`.
        """
        pool_id = client["UserPoolId"]
        self._attempts.check(pool_id, name)
        user = self._users.find(pool_id, name)
        if not passwords.matches(password, user["password"] if user else ""):
            self._attempts.failed(pool_id, name)
            if user is None and not clients.hides_users(client):
                raise AwsError("UserNotFoundException", "User does not exist.")
            raise AwsError("NotAuthorizedException", WRONG)
        assert user is not None  # noqa: S101  (nobody's password matches)
        self._attempts.forget(pool_id, name)
        self._check_state(user)
        return user

    def _check_state(self, user: Document) -> None:
        if not user["Enabled"]:
            raise AwsError("NotAuthorizedException", "User is disabled.")
        if user["UserStatus"] == UNCONFIRMED:
            raise AwsError("UserNotConfirmedException", "User is not confirmed.")
        expires = user.get("password_expires")
        if expires is not None and expires <= self._now():
            raise AwsError(
                "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."
            )

    def must_change(self, user: Document) -> bool:
        return bool(user["UserStatus"] == FORCE_CHANGE_PASSWORD)

    def challenge(self, client: Document, user: Document) -> str:
        """The session of NEW_PASSWORD_REQUIRED, for the time that the client allows."""
        document = {"client": client["ClientId"], "pool": user["Pool"], "username": user["Username"]}
        return self._challenges.give(document, seconds=60 * client["AuthSessionValidity"])

    def answer_challenge(self, client: Document, session: str, new_password: str) -> Document:
        """The user, whose new password is permanent. A password that the policy refuses leaves the session open."""
        found = self._challenges.look(session)
        if found is None or found["client"] != client["ClientId"]:
            raise AwsError("NotAuthorizedException", "Invalid session for the user, session is expired.")
        user = self._users.get(found["pool"], found["username"])
        self._check_state(user)
        passwords.check(self._pools.policy(found["pool"]), new_password)
        if self._challenges.take(session) is None:
            raise AwsError("NotAuthorizedException", "Invalid session for the user, session can only be used once.")
        return self._users.set_password(user, new_password, permanent=True)


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    locked_until: datetime


class _Attempts:
    """Wrong passwords by the name that was typed, whether or not anybody has it."""

    def __init__(self, clock: Now) -> None:
        self._now = clock
        self._failures: dict[tuple[str, str], _Failures] = {}
        self._lock = threading.Lock()

    def check(self, pool_id: str, name: str) -> None:
        found = self._failures.get((pool_id, name.lower()))
        if found is not None and found.locked_until > self._now():
            raise AwsError("NotAuthorizedException", "Password attempts exceeded")

    def failed(self, pool_id: str, name: str) -> None:
        with self._lock:
            known = self._failures.pop((pool_id, name.lower()), None)
            count = known.count + 1 if known else 1
            over = count - _FREE_ATTEMPTS
            locked = min(2.0**over, _LONGEST_LOCK_SECONDS) if over >= 0 else 0.0
            until = self._now() + timedelta(seconds=locked)
            self._failures[pool_id, name.lower()] = _Failures(count, until)
            while len(self._failures) > _MOST_NAMES:
                self._failures.pop(next(iter(self._failures)))

    def forget(self, pool_id: str, name: str) -> None:
        with self._lock:
            self._failures.pop((pool_id, name.lower()), None)
