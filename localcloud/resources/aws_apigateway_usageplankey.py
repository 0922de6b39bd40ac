"""AWS::ApiGateway::UsagePlanKey."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class UsagePlanKey(Resource):
    """A key's place in a usage plan. It cannot be changed, only replaced."""

    type_name = "AWS::ApiGateway::UsagePlanKey"

    def create(self, ctx: Context, properties: Properties) -> Created:
        call(ctx.client("apigateway"), "CreateUsagePlanKey", properties)
        made = f"{properties['KeyId']}:{properties['UsagePlanId']}"
        return Created(physical_id=made, attributes={"Id": made})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            ctx.client("apigateway").delete_usage_plan_key(
                usagePlanId=properties["UsagePlanId"], keyId=properties["KeyId"]
            )
