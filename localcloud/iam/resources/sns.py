"""Topics: permissions for a subscription are on its topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_TOPIC_PARTS = 6


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    operation = "Publish" if request.operation == "PublishBatch" else request.operation
    arn = request.params.get("SubscriptionArn", request.params.get("TargetArn"))
    if isinstance(arn, str):
        return on(f"sns:{operation}", ":".join(arn.split(":")[:_TOPIC_PARTS]))
    return by_reference(request, place, operation)
