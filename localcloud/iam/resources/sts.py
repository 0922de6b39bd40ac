"""Assuming a role. GetCallerIdentity needs no permission and cannot be denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    if request.operation == "GetCallerIdentity":
        return []
    found = by_reference(request, place)
    if request.operation != "AssumeRole":
        return found
    context: dict[str, tuple[str, ...]] = {"sts:rolesessionname": (str(request.params.get("RoleSessionName", "")),)}
    if isinstance(request.params.get("ExternalId"), str):
        context["sts:externalid"] = (request.params["ExternalId"],)
    role = str(request.params.get("RoleArn", "*"))
    return [Ask(action="sts:AssumeRole", resource=role, context=context)]
