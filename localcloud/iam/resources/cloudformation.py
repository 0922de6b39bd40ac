"""Stacks: a request that names a stack lacks its id, so the ARN is ``stack/NAME/*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: These read a template or the whole list, so their resource is ``*``.
_WITHOUT_STACK = frozenset({"ListStacks", "ValidateTemplate", "EstimateTemplateCost", "ListExports", "ListImports"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action = f"cloudformation:{request.operation}"
    if request.operation in _WITHOUT_STACK:
        return on(action, "*")
    name = request.params.get("StackName")
    if not isinstance(name, str):
        return by_reference(request, place)
    return on(action, name if name.startswith("arn:") else place.arn("cloudformation", f"stack/{name}/*"))
