"""AWS::CDK::Metadata."""

from __future__ import annotations

from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource


class Metadata(Resource):
    """The CDK's record of a stack's constructs. As on AWS, it is only a physical id."""

    type_name = "AWS::CDK::Metadata"

    def create(self, ctx: Context, properties: Properties) -> Created:
        del properties
        name = ctx.new_name(64)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Does nothing, for there is nothing to delete."""
