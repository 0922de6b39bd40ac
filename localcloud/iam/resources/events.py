"""Rules and event buses: a bus is named by its name or its ARN, and the ARN of a default bus's rule has no bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from localcloud.wire.api_requests import ApiRequest

_ON_RULE = frozenset(
    {
        *("PutRule", "DeleteRule", "DescribeRule", "EnableRule", "DisableRule"),
        *("PutTargets", "RemoveTargets", "ListTargetsByRule"),
    }
)
_ON_BUS = frozenset({"CreateEventBus", "UpdateEventBus", "DescribeEventBus", "DeleteEventBus"})
_DEFAULT = "default"


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"events:{request.operation}", request.params
    if request.operation in _ON_RULE:
        start, _, bus = _bus(params, "EventBusName", place).partition(":event-bus/")
        name = params.get("Name", params.get("Rule", "*"))
        return on(action, f"{start}:rule/{name}" if bus == _DEFAULT else f"{start}:rule/{bus}/{name}")
    if request.operation in _ON_BUS:
        return on(action, _bus(params, "Name", place))
    if request.operation == "PutEvents":
        return on(action, *dict.fromkeys(_bus(entry, "EventBusName", place) for entry in params["Entries"]))
    return by_reference(request, place)


def _bus(params: Mapping[str, Any], parameter: str, place: Place) -> str:
    """The bus's ARN."""
    given = str(params.get(parameter) or _DEFAULT)
    return given if given.startswith("arn:") else place.arn("events", f"event-bus/{given}")
