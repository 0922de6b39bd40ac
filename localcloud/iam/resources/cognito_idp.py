"""User pools: every request names one by its id or its ARN, and tagging by ``ResourceArn``.

A domain's actions on no pool, and the operations that nobody signs, are on ``*``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.wire import system_tags

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: On no pool, in AWS's reference.
_ON_ALL = frozenset({"CreateUserPool", "ListUserPools", "DescribeUserPoolDomain"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, pool = f"cognito-idp:{request.operation}", request.params.get("UserPoolId")
    if request.operation in _ON_ALL:
        return [*on(action, "*"), *_tagging(request, place)]
    if isinstance(pool, str):
        return [*on(action, place.arn("cognito-idp", f"userpool/{pool}")), *_tagging(request, place)]
    if isinstance(request.params.get("ResourceArn"), str):
        return on(action, str(request.params["ResourceArn"]))
    return by_reference(request, place)


def _tagging(request: ApiRequest, place: Place) -> list[Ask]:
    """Making a pool with tags, or changing them, needs TagResource as well."""
    if not system_tags.given(request.params):
        return []
    pool = request.params.get("UserPoolId", "*")
    return on("cognito-idp:TagResource", place.arn("cognito-idp", f"userpool/{pool}"))
