"""Repositories may be of another account, whose number then stands in the request: AWS's own images lie in such."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    registry = request.params.get("registryId")
    return by_reference(request, replace(place, account_id=registry) if isinstance(registry, str) else place)
