"""IAM's part in a request: the signature of a method that wants one, and the API's resource policy.

The front door decides both (``Visit.guard``); here they are put into API Gateway's words.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Asked
from localcloud.services.apigateway.gateway_responses import Refused, denied, missing_token

if TYPE_CHECKING:
    from localcloud.services.apigateway.serving.exchange import Exchange
    from localcloud.services.apigateway.serving.snapshots import Method

_SHOWN_DIGITS = 4


async def check_caller(exchange: Exchange, method: Method) -> None:
    """Raises Refused where IAM does not allow the request. Fills in the exchange's caller for a signed one."""
    signed = method.authorization == "AWS_IAM"
    if signed or exchange.stage.deployed.has_policy:
        await asyncio.to_thread(_check, exchange, signed=signed)


def _check(exchange: Exchange, *, signed: bool) -> None:
    stage, guard, request = exchange.stage, exchange.visit.guard, exchange.visit.request
    asked = Asked(
        service="execute-api",
        operation="Invoke",
        params={"apiId": stage.api_id, "stage": stage.name, "method": request.method, "path": exchange.path[1:]},
    )
    try:
        if signed:
            exchange.caller = guard.signer(request, "execute-api")
        guard.allow(request, asked, exchange.caller)
    except AwsError as error:
        raise _in_own_words(error, stage.account_id) from error


def _in_own_words(error: AwsError, account_id: str) -> Refused:
    if error.code == "MissingAuthenticationTokenException":
        return missing_token()
    if error.code == "AccessDeniedException":
        hidden = "*" * (len(account_id) - _SHOWN_DIGITS) + account_id[-_SHOWN_DIGITS:]
        action, resource, rest = error.message.partition("arn:aws:execute-api:")
        return denied(f"{action}{resource}{rest.replace(account_id, hidden)}")
    kind = "EXPIRED_TOKEN" if error.code == "ExpiredTokenException" else "INVALID_SIGNATURE"
    return Refused(kind, error.message, error.code)
