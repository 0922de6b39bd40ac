"""AWS::ApiGateway::ApiKey."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, require_unchanged, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_PATHS = {"Description": "/description", "Enabled": "/enabled", "CustomerId": "/customerId"}
_DISABLED = {"Enabled": False}


class ApiKey(Resource):
    """A key. Ref is its id, not its value. A usage plan says what it is good for."""

    type_name = "AWS::ApiGateway::ApiKey"

    def create(self, ctx: Context, properties: Properties) -> Created:
        client = ctx.client("apigateway")
        tags = tag_parameter(client, "CreateApiKey", tags_of(properties))
        made = call(client, "CreateApiKey", {"Name": ctx.new_name(128), **without(properties, "Tags")}, **tags)
        return Created(physical_id=made["id"], attributes={"APIKeyId": made["id"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        require_unchanged(properties, previous, "StageKeys")
        client = ctx.client("apigateway")
        patches = replaced(_DISABLED | previous, _DISABLED | properties, _PATHS)
        if patches:
            client.update_api_key(apiKey=physical_id, patchOperations=patches)
        resource = {"resourceArn": f"arn:{ctx.partition}:apigateway:{ctx.region}::/apikeys/{physical_id}"}
        retag(client, ("TagResource", "UntagResource"), resource, tags_of(previous), tags_of(properties))
        return {"APIKeyId": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("apigateway").delete_api_key(apiKey=physical_id)
