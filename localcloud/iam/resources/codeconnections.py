"""Connections: an action's prefix is the service in the ARN, which is the service's present or its former name.

``UseConnection`` and ``PassConnection`` are no operations: other services ask for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: Parameters of a use that are condition keys, and of a creation.
_KEYS = ("BranchName", "FullRepositoryId", "ProviderAction", "ProviderType")


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"{request.service}:{request.operation}", request.params
    context = {f"{request.service}:{key.lower()}": (str(params[key]),) for key in _KEYS if key in params}
    arn = params.get("ConnectionArn", params.get("ResourceArn"))
    if isinstance(arn, str):
        return [Ask(action=action, resource=arn, context=context)]
    return [Ask(action=ask.action, resource=ask.resource, context=context) for ask in by_reference(request, place)]


def passed(arn: str, principal: str) -> Ask:
    """The permission to give a connection to a service, such as ``codepipeline.amazonaws.com``."""
    service = (arn.split(":") + [""] * 3)[2]
    return Ask(
        action=f"{service}:PassConnection",
        resource=arn,
        context={f"{service}:passedtoservice": (principal,)},
    )
