"""Rules: the parameter is ``Name`` or ``Rule``, and the ARN of a default bus's rule has no bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_ON_RULE = frozenset(
    {
        *("PutRule", "DeleteRule", "DescribeRule", "EnableRule", "DisableRule"),
        *("PutTargets", "RemoveTargets", "ListTargetsByRule"),
    }
)


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"events:{request.operation}", request.params
    bus = str(params.get("EventBusName", "default")).rpartition("/")[2]
    if request.operation in _ON_RULE:
        name = params.get("Name", params.get("Rule", "*"))
        return on(action, place.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"))
    if request.operation == "PutEvents":
        buses = {str(entry.get("EventBusName", "default")).rpartition("/")[2]: None for entry in params["Entries"]}
        return on(action, *(place.arn("events", f"event-bus/{name}") for name in buses))
    return by_reference(request, place)
