"""What the front door tells virtual hosts of their visitors: who signed a request, and what policies allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.front_door import regions
from localcloud.iam.authorization import ANONYMOUS
from localcloud.platform.service import Caller
from localcloud.wire.api_requests import ApiRequest

if TYPE_CHECKING:
    from localcloud.front_door.identity import Identity
    from localcloud.iam.authorization import Authorization
    from localcloud.platform.service import Asked, HttpRequest


class FrontDoorGuard:
    """A :class:`localcloud.platform.service.Guard`."""

    def __init__(self, identity: Identity, authorization: Authorization, region: str) -> None:
        self._identity = identity
        self._authorization = authorization
        self._region = region

    def signer(self, request: HttpRequest, service: str) -> Caller:
        found = self._identity.authenticate(request, words_of=service)
        found.signed_for(service)
        regions.require(service, found.claim.region, here=self._region)
        return found.caller

    def allow(self, request: HttpRequest, asked: Asked, caller: Caller | None) -> None:
        call = ApiRequest(
            service=asked.service, operation=asked.operation, params=asked.params, headers=request.headers
        )
        nobody = Caller(account_id="", access_key_id="", arn=ANONYMOUS)
        self._authorization.authorize(call, caller or nobody, self._region)
