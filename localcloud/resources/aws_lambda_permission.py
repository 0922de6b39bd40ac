"""AWS::Lambda::Permission."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class Permission(Resource):
    """A statement of a function's policy. Ref is its id. It cannot be changed, only replaced."""

    type_name = "AWS::Lambda::Permission"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sid = ctx.new_name(100)
        call(ctx.client("lambda"), "AddPermission", properties, StatementId=sid)
        return Created(physical_id=sid, attributes={"Id": sid})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("lambda").remove_permission(FunctionName=properties["FunctionName"], StatementId=physical_id)
