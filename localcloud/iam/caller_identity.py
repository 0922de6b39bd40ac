"""Answers STS and IAM when callers ask who they are. The front door knows the signer; moto lacks the administrator."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpResponse

if TYPE_CHECKING:
    from localcloud.platform.service import Caller


def identity(caller: Caller) -> HttpResponse:
    """sts:GetCallerIdentity."""
    result = f"<Arn>{caller.arn}</Arn><UserId>{caller.user_id}</UserId><Account>{caller.account_id}</Account>"
    return _answer("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", result)


def own_user(caller: Caller) -> HttpResponse | None:
    """iam:GetUser without a name. None for a user, whom moto finds by the access key.

    As on AWS, the account's root gets its ARN and no name, and a role's session is refused.
    """
    if caller.role_arn or caller.service:
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    if not caller.arn.endswith(":root"):
        return None
    user = f"<User><Path>/</Path><UserId>{caller.user_id}</UserId><Arn>{caller.arn}</Arn></User>"
    return _answer("GetUser", "https://iam.amazonaws.com/doc/2010-05-08/", user)


def _answer(operation: str, namespace: str, result: str) -> HttpResponse:
    body = (
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return HttpResponse(status=200, headers={"content-type": "text/xml"}, body=body.encode())
