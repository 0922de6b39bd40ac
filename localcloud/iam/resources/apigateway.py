"""API Gateway: the action is the request's HTTP method, the resource its path."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place
from localcloud.iam.patched import patched_value

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_LABEL = re.compile(r"\{([^}]+)\}")
#: Who sets an API's policy needs a permission of its own.
_POLICY_ACTION = "apigateway:UpdateRestApiPolicy"
_ROUTE = "apigateway:request/routeauthorizationtype"


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    http_method, path, members = _http(request.operation)
    filled = _LABEL.sub(lambda match: str(request.params.get(members.get(match[1], ""), "*")), path)
    # These ARNs have no account.
    found = [
        Ask(
            action=f"apigateway:{http_method}",
            resource=f"arn:aws:apigateway:{place.region}::{filled}",
            context=_context(request),
        )
    ]
    if _sets_policy(request):
        api = request.params.get("restApiId", "")
        resource = f"/restapis/{api}" if api else "/restapis"
        found.append(Ask(action=_POLICY_ACTION, resource=f"arn:aws:apigateway:{place.region}::{resource}"))
    return found


def _context(request: ApiRequest) -> dict[str, tuple[str, ...]]:
    """Who may call a method that is put, as the service authorization reference has it for PutMethod."""
    kind = request.params.get("authorizationType")
    return {_ROUTE: (kind,)} if request.operation == "PutMethod" and isinstance(kind, str) else {}


def _sets_policy(request: ApiRequest) -> bool:
    if request.operation == "CreateRestApi":
        return bool(request.params.get("policy"))
    if request.operation in ("ImportRestApi", "PutRestApi"):
        return "x-amazon-apigateway-policy" in str(request.params.get("body"))
    return request.operation == "UpdateRestApi" and bool(patched_value(request, "/policy"))


@functools.cache
def _http(operation: str) -> tuple[str, str, dict[str, str]]:
    """HTTP method, path, and the parameter of each label in the path, as AWS's model has them."""
    from moto.core.utils import get_service_model

    model = get_service_model("apigateway").operation_model(operation)
    shape = model.input_shape
    members = {
        member.serialization["name"]: name
        for name, member in (shape.members if shape is not None else {}).items()
        if member.serialization.get("location") == "uri"
    }
    return model.http["method"], model.http["requestUri"].partition("?")[0], members
