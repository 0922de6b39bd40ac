"""AWS::ApiGateway::Model."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document

_PATHS = {"Schema": "/schema", "Description": "/description"}


class BodyModel(Resource):
    """A JSON schema of bodies. Ref is its name."""

    type_name = "AWS::ApiGateway::Model"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = properties.get("Name") or ctx.new_name(128).replace("-", "")
        wanted = {"ContentType": "application/json", **_wanted(properties), "Name": name}
        call(ctx.client("apigateway"), "CreateModel", wanted)
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        patches = replaced(_wanted(previous), _wanted(properties), _PATHS)
        if patches:
            ctx.client("apigateway").update_model(
                restApiId=properties["RestApiId"], modelName=physical_id, patchOperations=patches
            )
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("apigateway").delete_model(restApiId=properties["RestApiId"], modelName=physical_id)


def _wanted(properties: Properties) -> Properties:
    return properties | ({"Schema": document(properties["Schema"])} if "Schema" in properties else {})
