"""AWS::ApiGateway::Resource."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class PathResource(Resource):
    """One part of an API's paths. Ref is its id. It cannot be changed, only replaced."""

    type_name = "AWS::ApiGateway::Resource"

    def create(self, ctx: Context, properties: Properties) -> Created:
        made = call(ctx.client("apigateway"), "CreateResource", properties)
        return Created(physical_id=made["id"], attributes={"ResourceId": made["id"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"ResourceId": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("apigateway").delete_resource(restApiId=properties["RestApiId"], resourceId=physical_id)
