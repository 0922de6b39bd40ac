"""sts:GetCallerIdentity: the front door knows who signed; moto does not know the administrator."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from localcloud.service import HttpResponse

if TYPE_CHECKING:
    from localcloud.service import Caller


def answer(caller: Caller) -> HttpResponse:
    body = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{caller.arn}</Arn><UserId>{caller.user_id}</UserId><Account>{caller.account_id}</Account>"
        f"</GetCallerIdentityResult><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return HttpResponse(status=200, headers={"content-type": "text/xml"}, body=body.encode())
