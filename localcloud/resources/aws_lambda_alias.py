"""AWS::Lambda::Alias."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.lambda_provisioned import provision
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without


class Alias(Resource):
    """Ref is the alias's ARN."""

    type_name = "AWS::Lambda::Alias"

    def create(self, ctx: Context, properties: Properties) -> Created:
        made = call(ctx.client("lambda"), "CreateAlias", _members(properties))
        arn: str = made["AliasArn"]
        ctx.created(arn)
        provision(ctx, properties["FunctionName"], properties["Name"], properties, {})
        return Created(physical_id=arn, attributes={"AliasArn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        cleared: Properties = {"Description": "", "RoutingConfig": {"AdditionalVersionWeights": []}}
        lost = {name: value for name, value in cleared.items() if name in previous}
        call(ctx.client("lambda"), "UpdateAlias", _members(lost | properties))
        provision(ctx, properties["FunctionName"], properties["Name"], properties, previous)
        return {"AliasArn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            ctx.client("lambda").delete_alias(FunctionName=properties["FunctionName"], Name=properties["Name"])


def _members(properties: Properties) -> dict[str, Any]:
    """The API has weights as a map, CloudFormation as a list."""
    found = without(properties, "ProvisionedConcurrencyConfig")
    routing = found.get("RoutingConfig")
    if routing:
        pairs = routing.get("AdditionalVersionWeights", [])
        weights = {str(pair["FunctionVersion"]): float(pair["FunctionWeight"]) for pair in pairs}
        found["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    return found
