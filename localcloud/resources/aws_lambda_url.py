"""AWS::Lambda::Url."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without


class Url(Resource):
    """The address of a function or an alias. Ref is the ARN of that."""

    type_name = "AWS::Lambda::Url"

    def create(self, ctx: Context, properties: Properties) -> Created:
        made = call(
            ctx.client("lambda"),
            "CreateFunctionUrlConfig",
            without(properties, "TargetFunctionArn"),
            FunctionName=properties["TargetFunctionArn"],
        )
        return Created(physical_id=made["FunctionArn"], attributes=_attributes(made))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        lost: Properties = {"Cors": {}} if "Cors" in previous else {}
        wanted = lost | without(properties, "TargetFunctionArn", "Qualifier")
        return _attributes(call(ctx.client("lambda"), "UpdateFunctionUrlConfig", wanted, FunctionName=physical_id))

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("lambda").delete_function_url_config(FunctionName=physical_id)


def _attributes(url: dict[str, Any]) -> Attributes:
    return {"FunctionArn": url["FunctionArn"], "FunctionUrl": url["FunctionUrl"]}
