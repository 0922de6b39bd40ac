"""Groups and streams: as on AWS, an action that makes streams has an ARN with an empty stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_ON_STREAM = frozenset({"PutLogEvents", "GetLogEvents", "DeleteLogStream"})
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"logs:{request.operation}", request.params
    group = params.get("logGroupName") or params.get("logGroupIdentifier")
    if request.operation in _TAGGING:
        return on(action, str(params.get("resourceArn", "*")))
    if request.operation == "DescribeLogGroups":
        return on(action, place.arn("logs", "log-group::log-stream:"))
    if not isinstance(group, str):
        return by_reference(request, place)
    name = group.removesuffix(":*").partition(":log-group:")[2] or group
    arn = place.arn("logs", f"log-group:{name}")
    stream = params.get("logStreamName", "") if request.operation in _ON_STREAM else ""
    return on(action, f"{arn}:log-stream:{stream}")
