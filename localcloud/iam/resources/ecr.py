"""Repositories: a request may name another account, as it does for AWS's own images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    registry = request.params.get("registryId")
    return by_reference(request, replace(place, account_id=registry) if isinstance(registry, str) else place)
