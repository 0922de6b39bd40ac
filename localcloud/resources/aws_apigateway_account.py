"""AWS::ApiGateway::Account."""

from __future__ import annotations

from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource


class GatewayAccount(Resource):
    """The account's settings: the role with which API Gateway writes logs. There is one in a region."""

    type_name = "AWS::ApiGateway::Account"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _set(ctx, properties)
        name = ctx.new_name(64)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        _set(ctx, properties)
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Leaves the settings as they are, as CloudFormation does: other stacks' stages may write logs with them."""
        del ctx, physical_id, properties


def _set(ctx: Context, properties: Properties) -> None:
    role = properties.get("CloudWatchRoleArn")
    patch = {"op": "replace", "value": role} if role else {"op": "remove"}
    ctx.client("apigateway").update_account(patchOperations=[{**patch, "path": "/cloudwatchRoleArn"}])
