"""Queues: a request names one by its address. A batch needs the action of the single call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    operation = request.operation.removesuffix("Batch")
    address = request.params.get("QueueUrl")
    if isinstance(address, str):
        return on(f"sqs:{operation}", place.arn("sqs", address.rpartition("/")[2]))
    return by_reference(request, place, operation)
