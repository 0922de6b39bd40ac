"""AWS::ApiGateway::Authorizer."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import members, replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse

_REFUSED = ("AuthorizerUri", "AuthorizerCredentials")
_PATHS = {
    "Name": "/name",
    "AuthType": "/authType",
    "IdentitySource": "/identitySource",
    "IdentityValidationExpression": "/identityValidationExpression",
    "AuthorizerResultTtlInSeconds": "/authorizerResultTtlInSeconds",
}


class Authorizer(Resource):
    """Whose tokens the methods take that name it. Ref is its id."""

    type_name = "AWS::ApiGateway::Authorizer"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *_REFUSED)
        made = call(ctx.client("apigateway"), "CreateAuthorizer", properties)
        return Created(physical_id=made["id"], attributes={"AuthorizerId": made["id"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, *_REFUSED)
        patches = replaced(previous, properties, _PATHS)
        patches += members(previous.get("ProviderARNs") or [], properties.get("ProviderARNs") or [], "/providerARNs")
        if patches:
            ctx.client("apigateway").update_authorizer(
                restApiId=properties["RestApiId"], authorizerId=physical_id, patchOperations=patches
            )
        return {"AuthorizerId": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("apigateway").delete_authorizer(restApiId=properties["RestApiId"], authorizerId=physical_id)
