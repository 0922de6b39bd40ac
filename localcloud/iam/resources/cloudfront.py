"""Distributions and their policies: a request names each by ``Id``, and no ARN has a region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_VERB = re.compile(r"(?:Get|Update|Delete)(\w+)")
#: What an operation's name ends with → the kind in the ARN.
_KINDS = {
    "Distribution": "distribution",
    "DistributionConfig": "distribution",
    "OriginAccessControl": "origin-access-control",
    "CachePolicy": "cache-policy",
    "ResponseHeadersPolicy": "response-headers-policy",
}


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    params: dict[str, Any] = request.params
    action = f"cloudfront:{request.operation}"
    if request.operation == "CreateDistributionWithTags":
        return on("cloudfront:CreateDistribution", "*") + on("cloudfront:TagResource", "*")
    if "DistributionId" in params:  # invalidations
        return on(action, _arn(place, "distribution", params["DistributionId"]))
    if "Resource" in params:
        return on(action, str(params["Resource"]))
    found = _VERB.fullmatch(request.operation)
    if found and found[1] in _KINDS and "Id" in params:
        return on(action, _arn(place, _KINDS[found[1]], params["Id"]))
    return by_reference(request, place)


def _arn(place: Place, kind: str, name: str) -> str:
    return f"arn:aws:cloudfront::{place.account_id}:{kind}/{name}"
