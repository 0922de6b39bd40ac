"""AWS::KMS::Alias."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class Alias(Resource):
    """Ref is the alias's name."""

    type_name = "AWS::KMS::Alias"

    def create(self, ctx: Context, properties: Properties) -> Created:
        call(ctx.client("kms"), "CreateAlias", properties)
        return Created(physical_id=properties["AliasName"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del physical_id, previous
        call(ctx.client("kms"), "UpdateAlias", properties)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("kms").delete_alias(AliasName=physical_id)
