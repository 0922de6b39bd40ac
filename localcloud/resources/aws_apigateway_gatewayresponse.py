"""AWS::ApiGateway::GatewayResponse."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class GatewayResponse(Resource):
    """One of an API's own answers, customised."""

    type_name = "AWS::ApiGateway::GatewayResponse"

    def create(self, ctx: Context, properties: Properties) -> Created:
        call(ctx.client("apigateway"), "PutGatewayResponse", properties)
        made = f"{properties['RestApiId']}:{properties['ResponseType']}"
        return Created(physical_id=made, attributes={"Id": made})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("apigateway"), "PutGatewayResponse", properties)
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            ctx.client("apigateway").delete_gateway_response(
                restApiId=properties["RestApiId"], responseType=properties["ResponseType"]
            )
