"""AWS::Lambda::EventInvokeConfig."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only


class EventInvokeConfig(Resource):
    """How often and how long an asynchronous invocation is tried. Ref is an id without meaning."""

    type_name = "AWS::Lambda::EventInvokeConfig"

    def create(self, ctx: Context, properties: Properties) -> Created:
        call(ctx.client("lambda"), "PutFunctionEventInvokeConfig", properties)
        return Created(physical_id=ctx.new_name(100))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del physical_id, previous
        call(ctx.client("lambda"), "PutFunctionEventInvokeConfig", properties)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            named = only(properties, "FunctionName", "Qualifier")
            call(ctx.client("lambda"), "DeleteFunctionEventInvokeConfig", named)
