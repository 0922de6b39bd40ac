"""Scalable targets: the ARN ends in a generated id, which no request names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_ON_TARGETS = frozenset(
    {
        *("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"),
        *("PutScheduledAction", "DeleteScheduledAction"),
    }
)


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    if request.operation in _ON_TARGETS:
        action = f"application-autoscaling:{request.operation}"
        return on(action, place.arn("application-autoscaling", "scalable-target/*"))
    return by_reference(request, place)
