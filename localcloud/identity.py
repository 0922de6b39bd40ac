"""Who calls. (Whether their policies allow it is decided at one place too: :func:`Identity.authorize`.)"""

from __future__ import annotations

from localcloud.clients import ADMINISTRATOR
from localcloud.errors import AwsError
from localcloud.service import Call, Caller, Params


class Identity:
    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    def caller(self, access_key_id: str) -> Caller:
        """The identity behind an access key. Raises AwsError for a key that nobody was given."""
        if access_key_id == ADMINISTRATOR["aws_access_key_id"]:
            return self._caller(access_key_id, f"arn:aws:iam::{self._account_id}:root")
        from moto.iam.models import iam_backends
        from moto.sts.models import sts_backends

        session = sts_backends[self._account_id]["aws"].get_assumed_role_from_access_key(access_key_id)
        if session is not None:
            return self._caller(access_key_id, session.arn)
        user = iam_backends[self._account_id]["aws"].get_user_from_access_key_id(access_key_id)
        if user is not None:
            return self._caller(access_key_id, user.arn)
        raise AwsError(
            "UnrecognizedClientException",
            f"The access key {access_key_id} is not known to the local cloud; "
            'take the variables of `eval "$(make -s env)"`.',
            status=403,
        )

    def authorize(self, call: Call, params: Params) -> None:
        """Raises AccessDenied where the caller's policies do not allow the call. Every known caller may, so far."""

    def _caller(self, access_key_id: str, arn: str) -> Caller:
        return Caller(account_id=self._account_id, access_key_id=access_key_id, arn=arn)
