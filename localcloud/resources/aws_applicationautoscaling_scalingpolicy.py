"""AWS::ApplicationAutoScaling::ScalingPolicy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only


class ScalingPolicy(Resource):
    """Ref is the policy's ARN."""

    type_name = "AWS::ApplicationAutoScaling::ScalingPolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        arn = call(ctx.client("application-autoscaling"), "PutScalingPolicy", _on_target(properties))["PolicyARN"]
        return Created(physical_id=arn, attributes={"Arn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("application-autoscaling"), "PutScalingPolicy", _on_target(properties))
        return {"Arn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        key = only(_on_target(properties), "PolicyName", "ServiceNamespace", "ResourceId", "ScalableDimension")
        with already_gone():
            call(ctx.client("application-autoscaling"), "DeleteScalingPolicy", key)


def _on_target(properties: Properties) -> Properties:
    """Turns the target's Ref into its three parts, which the API wants. A template may give either."""
    own = dict(properties)
    target = own.pop("ScalingTargetId", None)
    if target is None:
        return own
    resource, dimension, namespace = target.split("|")
    return {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace} | own
