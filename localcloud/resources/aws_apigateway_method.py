"""AWS::ApiGateway::Method."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only, without

_PLACE = ("RestApiId", "ResourceId", "HttpMethod")


class Method(Resource):
    """A method with its integration and responses.

    A change makes it anew: deployments are snapshots, so no request notices.
    """

    type_name = "AWS::ApiGateway::Method"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = ctx.new_name(64)
        client = ctx.client("apigateway")
        call(client, "PutMethod", without(properties, "Integration", "MethodResponses"))
        ctx.created(name)
        _put_parts(client, properties)
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del physical_id
        client = ctx.client("apigateway")
        with already_gone():
            call(client, "DeleteMethod", only(previous, *_PLACE))
        call(client, "PutMethod", without(properties, "Integration", "MethodResponses"))
        _put_parts(client, properties)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            call(ctx.client("apigateway"), "DeleteMethod", only(properties, *_PLACE))


def _put_parts(client: Any, properties: Properties) -> None:
    place = only(properties, *_PLACE)
    for response in properties.get("MethodResponses") or []:
        call(client, "PutMethodResponse", {**place, **response})
    integration = properties.get("Integration")
    if not integration:
        return
    call(client, "PutIntegration", {**place, **without(integration, "IntegrationResponses")})
    for response in integration.get("IntegrationResponses") or []:
        call(client, "PutIntegrationResponse", {**place, **response})
