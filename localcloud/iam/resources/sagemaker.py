"""SageMaker: its ARNs are in lower case, and the number of a new model package is not in the request.

The condition keys ``sagemaker:InstanceTypes`` and ``sagemaker:MaxRuntimeInSeconds`` are read from the request's members
of these names, however deep, as the service authorization reference has them for jobs and endpoint configurations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    group = request.params.get("ModelPackageGroupName")
    if request.operation == "CreateModelPackage" and isinstance(group, str):
        name = group.rpartition("/")[2]
        kinds = (f"model-package/{name}/*", f"model-package-group/{name}")
        found = on("sagemaker:CreateModelPackage", *(place.arn("sagemaker", kind) for kind in kinds))
    else:
        found = by_reference(request, place)
    context = _context(request.params)
    return [
        Ask(action=ask.action, resource=_lower_name(ask.resource), context={**context, **(ask.context or {})})
        for ask in found
    ]


def _context(params: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    wanted = {"sagemaker:instancetypes": "InstanceType", "sagemaker:maxruntimeinseconds": "MaxRuntimeInSeconds"}
    found = {key: tuple(dict.fromkeys(map(str, _members(params, name)))) for key, name in wanted.items()}
    return {key: values for key, values in found.items() if values}


def _members(value: Any, name: str) -> Iterator[Any]:
    """The values of all members with this name."""
    if isinstance(value, list):
        for entry in value:
            yield from _members(entry, name)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key == name and isinstance(entry, (str, int)):
                yield entry
            else:
                yield from _members(entry, name)


def _lower_name(arn: str) -> str:
    *head, resource = arn.split(":", 5)
    return ":".join([*head, resource.lower()])
