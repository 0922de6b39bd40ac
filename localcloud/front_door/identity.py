"""Who calls: checks a request's signature against the key's secret, the session's token and its expiry."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localcloud.front_door.refusals import refusal
from localcloud.front_door.signatures import Claim, Fault, SignatureError, Verification, read_claim, unsigned_claim
from localcloud.platform import administrator
from localcloud.platform.clients import FORWARD_ACCESS_SESSION, INNER_HEADER, SERVICE_KEY_PREFIX
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Caller
from localcloud.wire import protocol

if TYPE_CHECKING:
    from localcloud.platform.clients import Clients
    from localcloud.platform.service import HttpRequest
    from localcloud.platform.settings import Settings

#: How far a request's time may be from ours. S3 allows more than the others.
_SKEW = timedelta(minutes=5)
#: So many sessions are known before those that ended are forgotten.
_MOST_SESSIONS = 256
_S3_SKEW = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """Whom an access key stands for, and what its holder must know."""

    caller: Caller
    secret: str
    token: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticated:
    claim: Claim
    caller: Caller
    request: HttpRequest
    """With its content as it was before it was encoded for the wire."""

    def signed_for(self, service: str) -> None:
        """Raises AwsError if the signature is for another service."""
        if self.claim.service != service:
            raise AwsError(
                "InvalidSignatureException",
                f"Credential should be scoped to correct service: '{service}'.",
                status=403,
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticating:
    """A request whose body is still to come, in pieces. Both methods raise AwsError in the words of the service."""

    head: HttpRequest
    claim: Claim
    caller: Caller
    verification: Verification
    words_of: str = ""

    def feed(self, data: bytes) -> bytes:
        """The content among these bytes of the body."""
        try:
            return self.verification.feed(data)
        except SignatureError as error:
            raise _refused(self.head, self.claim, error, self.words_of) from error

    def finish(self, content: bytes) -> Authenticated:
        """``content``: what the calls of :meth:`feed` returned."""
        try:
            request = replace(self.head, headers=self.verification.finish(), body=content)
        except SignatureError as error:
            raise _refused(self.head, self.claim, error, self.words_of) from error
        return Authenticated(claim=self.claim, caller=self.caller, request=request)


def _refused(head: HttpRequest, claim: Claim | None, error: SignatureError, words_of: str) -> AwsError:
    service = words_of or (claim.service if claim else protocol.spoken_service(head))
    return refusal(service, error, claim.access_key_id if claim else "")


class Identity:
    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._account_id = settings.account_id
        self._region = settings.region
        self._administrator_secret = administrator.credentials(settings.home)["aws_secret_access_key"]
        self._inner_secret = clients.inner_secret
        self._sessions: dict[str, Key] = {}

    def authenticate(self, request: HttpRequest, *, words_of: str = "") -> Authenticated:
        """Who sent a correctly signed request; raises AwsError in the words of the service.

        ``words_of``: the service that answers, where the request alone does not say it.
        """
        begun = self.begin(request, words_of=words_of)
        content = begun.feed(request.body)
        return begun.finish(content)

    def nobody(self, request: HttpRequest, *, service: str) -> Authenticated:
        """Whoever sent a request that nobody has to sign. Its body is plain: only signed ones are encoded."""
        return Authenticated(
            claim=unsigned_claim(service, self._region), caller=self._caller("", "anonymous"), request=request
        )

    def service(self, principal: str, *, source_arn: str) -> Caller:
        """A service that calls on its own behalf, for one of its resources."""
        return self._caller(SERVICE_KEY_PREFIX + principal, principal, service=principal, source_arn=source_arn)

    def is_inner(self, head: HttpRequest) -> bool:
        """Whether a request comes from this very process."""
        return hmac.compare_digest(head.headers.get(INNER_HEADER, "").encode(), self._inner_secret.encode())

    def begin(self, head: HttpRequest, *, words_of: str = "") -> Authenticating:
        """Checks what there is to check before the body has come. Raises AwsError in the words of the service."""
        claim = None
        try:
            claim = read_claim(head)
            key = self._key(claim)
            _check_token(claim, key)
            skew = _S3_SKEW if claim.service == "s3" else _SKEW
            verification = Verification(head, claim, key.secret, now=datetime.now(UTC), skew=skew)
            return Authenticating(
                head=head, claim=claim, caller=key.caller, verification=verification, words_of=words_of
            )
        except SignatureError as error:
            raise _refused(head, claim, error, words_of) from error

    def _key(self, claim: Claim) -> Key:
        """Raises SignatureError for a key that nobody was given."""
        access_key_id = claim.access_key_id
        if access_key_id.startswith(SERVICE_KEY_PREFIX):
            caller = self.service(access_key_id.removeprefix(SERVICE_KEY_PREFIX), source_arn=claim.token)
            return Key(caller=caller, secret=self._inner_secret, token=claim.token)
        found = self._given_key(access_key_id)
        if found is None:
            raise SignatureError(Fault.UNKNOWN_KEY)
        if claim.token.startswith(FORWARD_ACCESS_SESSION):
            services = tuple(claim.token.removeprefix(FORWARD_ACCESS_SESSION).split(","))
            return Key(caller=found.caller.forwarded_by(services), secret=self._inner_secret, token=claim.token)
        return found

    def _given_key(self, access_key_id: str) -> Key | None:
        if access_key_id == administrator.ACCESS_KEY_ID:
            root = f"arn:aws:iam::{self._account_id}:root"
            caller = self._caller(access_key_id, root, user_id=self._account_id)
            return Key(caller=caller, secret=self._administrator_secret)
        return self._sessions.get(access_key_id) or self._session(access_key_id) or self._users_key(access_key_id)

    def _session(self, access_key_id: str) -> Key | None:
        """Keeps what it finds: a session never changes, and ends by its expiry."""
        from moto.sts.models import sts_backends

        session = sts_backends[self._account_id]["aws"].get_assumed_role_from_access_key(access_key_id)
        if session is None:
            return None
        caller = self._caller(
            access_key_id,
            session.arn,
            role_arn=session.role_arn,
            user_id=session.user_id,
            session_policy=_text(session.policy),
        )
        expires = session.expiration.replace(tzinfo=UTC)
        key = Key(caller=caller, secret=session.secret_access_key, token=session.session_token, expires=expires)
        if len(self._sessions) >= _MOST_SESSIONS:
            now = datetime.now(UTC)
            self._sessions = {
                name: known for name, known in list(self._sessions.items()) if known.expires and known.expires > now
            }
        self._sessions[access_key_id] = key
        return key

    def _users_key(self, access_key_id: str) -> Key | None:
        from moto.iam.models import iam_backends

        for user in list(iam_backends[self._account_id]["aws"].users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    caller = self._caller(access_key_id, user.arn, user_id=user.id)
                    return Key(caller=caller, secret=key.secret_access_key)
        return None

    def _caller(self, access_key_id: str, arn: str, **more: Any) -> Caller:
        return Caller(account_id=self._account_id, access_key_id=access_key_id, arn=arn, **more)


def _check_token(claim: Claim, key: Key) -> None:
    if claim.token != key.token:
        raise SignatureError(Fault.WRONG_TOKEN)
    if key.expires is not None and key.expires < datetime.now(UTC):
        raise SignatureError(Fault.EXPIRED_TOKEN)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
