"""AWS::Lambda::LayerVersion."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class LayerVersion(Resource):
    """Ref is the version's ARN. It cannot be changed, only replaced. Without a name, the layer has the logical id."""

    type_name = "AWS::Lambda::LayerVersion"

    def create(self, ctx: Context, properties: Properties) -> Created:
        named = {"LayerName": ctx.logical_id, **properties}
        arn: str = call(ctx.client("lambda"), "PublishLayerVersion", named)["LayerVersionArn"]
        return Created(physical_id=arn, attributes={"LayerVersionArn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"LayerVersionArn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("lambda").delete_layer_version(**named_by(physical_id))


def named_by(arn: str) -> Properties:
    """How the API names a version, by its ARN."""
    layer, _, number = arn.rpartition(":")
    return {"LayerName": layer, "VersionNumber": int(number)}
