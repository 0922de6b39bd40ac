"""Functions: a request names one by name, ARN or a part of it. The action of Invoke has another name.

Where a request names a version or an alias, the action is on that. Aliases themselves are made, changed and read by
actions on their function. Who gives layers to a function must be allowed to read each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.wire.function_names import parts

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: Operation → action, where they differ.
_ACTIONS = {"Invoke": "InvokeFunction", "GetLayerVersionByArn": "GetLayerVersion"}


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action = f"lambda:{_ACTIONS.get(request.operation, request.operation)}"
    if request.operation in ("GetLayerVersion", "GetLayerVersionByArn", "DeleteLayerVersion"):
        return [Ask(action=action, resource=_layer_version(request, place))]
    given = str(request.params.get("FunctionName", request.params.get("Resource", "")))
    if not given:
        return by_reference(request, place)
    name, own = parts(given) or (given, "")  # an ARN of something else is refused by the service
    # The qualifier is part of the resource: a policy for the bare function allows none of its versions.
    qualifier = own or str(request.params.get("Qualifier") or "")
    named = f"{name}:{qualifier}" if qualifier else name
    layers = tuple(map(str, request.params.get("Layers") or ()))
    context = {"lambda:layer": layers} if layers else {}
    itself = Ask(action=action, resource=place.arn("lambda", f"function:{named}"), context=context)
    return [itself, *on("lambda:GetLayerVersion", *layers)]


def _layer_version(request: ApiRequest, place: Place) -> str:
    asked = request.params
    if request.operation == "GetLayerVersionByArn":
        return str(asked.get("Arn"))
    name = str(asked.get("LayerName")).rpartition(":layer:")[2]
    return place.arn("lambda", f"layer:{name}:{asked.get('VersionNumber')}")
