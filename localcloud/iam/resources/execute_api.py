"""Requests to APIs: a method of a stage, with the request's own path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    asked = request.params
    resource = f"{asked['apiId']}/{asked['stage']}/{asked['method']}/{asked['path']}"
    return [Ask(action=f"execute-api:{request.operation}", resource=place.arn("execute-api", resource))]
