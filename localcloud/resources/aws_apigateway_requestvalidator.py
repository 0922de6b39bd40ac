"""AWS::ApiGateway::RequestValidator."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.apigateway_patches import replaced
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call

_PATHS = {
    "ValidateRequestBody": "/validateRequestBody",
    "ValidateRequestParameters": "/validateRequestParameters",
}
_DEFAULTS = dict.fromkeys(_PATHS, False)


class RequestValidator(Resource):
    """What is checked of a method's requests. Ref is its id."""

    type_name = "AWS::ApiGateway::RequestValidator"

    def create(self, ctx: Context, properties: Properties) -> Created:
        made = call(ctx.client("apigateway"), "CreateRequestValidator", properties)
        return Created(physical_id=made["id"], attributes={"RequestValidatorId": made["id"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        patches = replaced(_DEFAULTS | previous, _DEFAULTS | properties, _PATHS)
        if patches:
            ctx.client("apigateway").update_request_validator(
                restApiId=properties["RestApiId"], requestValidatorId=physical_id, patchOperations=patches
            )
        return {"RequestValidatorId": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("apigateway").delete_request_validator(
                restApiId=properties["RestApiId"], requestValidatorId=physical_id
            )
