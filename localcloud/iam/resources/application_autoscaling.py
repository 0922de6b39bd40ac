"""Scalable targets: the ARN ends in a generated id, which no request names.

A caller needs the permissions in the resource's own service too: Application Auto Scaling validates them before it
goes on ("Permissions validation for Application Auto Scaling API calls on target resources" of its user guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_ON_TARGETS = frozenset(
    {
        *("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"),
        *("PutScheduledAction", "DeleteScheduledAction"),
    }
)
#: Namespace → what a caller who registers one of its resources must be allowed.
_ON_RESOURCES = {
    "lambda": ("lambda:GetProvisionedConcurrencyConfig", "lambda:PutProvisionedConcurrencyConfig"),
    "sagemaker": ("sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"),
}


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    if request.operation not in _ON_TARGETS:
        return by_reference(request, place)
    action = f"application-autoscaling:{request.operation}"
    own = on(action, place.arn("application-autoscaling", "scalable-target/*"))
    return [*own, *(_on_resource(request, place) if request.operation == "RegisterScalableTarget" else ())]


def _on_resource(request: ApiRequest, place: Place) -> list[Ask]:
    namespace, resource = str(request.params.get("ServiceNamespace")), str(request.params.get("ResourceId", ""))
    if namespace == "sagemaker":  # endpoint/NAME/variant/NAME; names in ARNs are in lower case
        resource = "/".join(resource.split("/")[:2]).lower()
    return [Ask(action=action, resource=place.arn(namespace, resource)) for action in _ON_RESOURCES.get(namespace, ())]
