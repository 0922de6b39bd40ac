"""Secrets: a request gives name or ARN. The ARN ends in six generated characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"secretsmanager:{request.operation}", request.params
    if request.operation == "CreateSecret":
        return on(action, place.arn("secretsmanager", f"secret:{params.get('Name', '*')}"))
    name = params.get("SecretId")
    if not isinstance(name, str):
        return by_reference(request, place)
    return on(action, place.state.secret_arn(place.region, name))
