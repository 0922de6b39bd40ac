"""SageMaker: its ARNs are in lower case, and the number of a new model package is not in the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    group = request.params.get("ModelPackageGroupName")
    if request.operation == "CreateModelPackage" and isinstance(group, str):
        name = group.rpartition("/")[2]
        kinds = (f"model-package/{name}/*", f"model-package-group/{name}")
        found = on("sagemaker:CreateModelPackage", *(place.arn("sagemaker", kind) for kind in kinds))
    else:
        found = by_reference(request, place)
    return [Ask(action=ask.action, resource=_lower_name(ask.resource), context=ask.context) for ask in found]


def _lower_name(arn: str) -> str:
    *head, resource = arn.split(":", 5)
    return ":".join([*head, resource.lower()])
