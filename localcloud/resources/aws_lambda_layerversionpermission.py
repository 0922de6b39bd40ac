"""AWS::Lambda::LayerVersionPermission."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.aws_lambda_layerversion import named_by
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without


class LayerVersionPermission(Resource):
    """A statement of a version's policy. Ref is the version's ARN and the statement's id. It is never changed."""

    type_name = "AWS::Lambda::LayerVersionPermission"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sid = ctx.new_name(100)
        version: str = properties["LayerVersionArn"]
        members = without(properties, "LayerVersionArn")
        call(ctx.client("lambda"), "AddLayerVersionPermission", members, **named_by(version), StatementId=sid)
        physical_id = f"{version}#{sid}"
        return Created(physical_id=physical_id, attributes={"Id": physical_id})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        version, _, sid = physical_id.partition("#")
        with already_gone():
            ctx.client("lambda").remove_layer_version_permission(**named_by(version), StatementId=sid)
