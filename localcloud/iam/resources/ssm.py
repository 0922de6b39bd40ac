"""Parameters: a name's leading slash is not in the ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"ssm:{request.operation}", request.params
    if "Parameter" in request.operation and request.operation != "DescribeParameters":
        names = params.get("Names") or [params.get("Name", params.get("Path"))]
        arns = [_arn(name, place) for name in names if isinstance(name, str)]
        return on(action, *arns) if arns else by_reference(request, place)
    if params.get("ResourceType") == "Parameter" and isinstance(params.get("ResourceId"), str):
        return on(action, _arn(params["ResourceId"], place))
    return by_reference(request, place)


def _arn(name: str, place: Place) -> str:
    if name.startswith("arn:"):
        return name
    return place.arn("ssm", f"parameter/{name.partition(':')[0].lstrip('/')}")
