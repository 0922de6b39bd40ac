"""Functions: a request names one by name, ARN or a part of it. The action of Invoke has another name.

Where a request names a version or an alias, the action is on that. Aliases themselves are made, changed and read by
actions on their function. Who gives layers to a function must be allowed to read each. Since October 2025 a request to
a function's URL asks for two actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.wire.function_names import parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.wire.api_requests import ApiRequest

#: Operation → action, where they differ.
_ACTIONS = {"Invoke": "InvokeFunction", "GetLayerVersionByArn": "GetLayerVersion"}
_OF_LAYER_VERSIONS = frozenset(
    {
        *("GetLayerVersion", "GetLayerVersionByArn", "DeleteLayerVersion"),
        *("AddLayerVersionPermission", "GetLayerVersionPolicy", "RemoveLayerVersionPermission"),
    }
)
#: A request to a URL, which is no operation of the API.
_URL_REQUEST = "InvokeFunctionUrl"
_OF_URLS = frozenset(f"{verb}FunctionUrlConfig" for verb in ("Create", "Get", "Update", "Delete")) | {_URL_REQUEST}
_VIA_URL = "lambda:invokedviafunctionurl"


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action = f"lambda:{_ACTIONS.get(request.operation, request.operation)}"
    if request.operation in _OF_LAYER_VERSIONS:
        return on(action, _layer_version(request, place))
    given = str(request.params.get("FunctionName", request.params.get("Resource", "")))
    if not given:
        return by_reference(request, place)
    name, own = parts(given) or (given, "")  # an ARN of something else is refused by the service
    # The qualifier is part of the resource: a policy for the bare function allows none of its versions.
    qualifier = own or str(request.params.get("Qualifier") or "")
    named = f"{name}:{qualifier}" if qualifier else name
    resource = place.arn("lambda", f"function:{named}")
    found = [Ask(action=action, resource=resource, context=_context(request, named, resource, place))]
    if request.operation == _URL_REQUEST:
        found.append(Ask(action="lambda:InvokeFunction", resource=resource, context={_VIA_URL: ("true",)}))
    return found + on("lambda:GetLayerVersion", *_layers(request))


def _context(request: ApiRequest, named: str, resource: str, place: Place) -> Mapping[str, tuple[str, ...]]:
    if request.operation == "Invoke":
        return {_VIA_URL: ("false",)}
    if request.operation in _OF_URLS:  # the authentication that the request sets, or that the URL has
        auth_type = str(request.params.get("AuthType") or place.state.url_auth_type(named))
        found = {"lambda:functionarn": (resource,)}
        return found | ({"lambda:functionurlauthtype": (auth_type,)} if auth_type else {})
    layers = _layers(request)
    return {"lambda:layer": layers} if layers else {}


def _layers(request: ApiRequest) -> tuple[str, ...]:
    return tuple(map(str, request.params.get("Layers") or ()))


def _layer_version(request: ApiRequest, place: Place) -> str:
    asked = request.params
    if request.operation == "GetLayerVersionByArn":
        return str(asked.get("Arn"))
    name = str(asked.get("LayerName")).rpartition(":layer:")[2]
    return place.arn("lambda", f"layer:{name}:{asked.get('VersionNumber')}")
