"""AWS::CDK::Metadata."""

from __future__ import annotations

from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource


class Metadata(Resource):
    """The CDK's note of which constructs a stack was made from: on AWS, too, a physical id and nothing behind it."""

    type_name = "AWS::CDK::Metadata"

    def create(self, ctx: Context, properties: Properties) -> Created:
        del properties
        name = ctx.new_name(64)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """There is nothing to delete."""
