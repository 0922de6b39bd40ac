"""AWS::CloudFormation::WaitConditionHandle."""

from __future__ import annotations

from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource


class WaitConditionHandle(Resource):
    """An address for signals, which nobody can send here. Most stacks use it only so as not to be empty."""

    type_name = "AWS::CloudFormation::WaitConditionHandle"

    def create(self, ctx: Context, properties: Properties) -> Created:
        del properties
        url = f"https://cloudformation-waitcondition-{ctx.region}.s3.amazonaws.com/{ctx.stack_id}/{ctx.new_name(64)}"
        return Created(physical_id=url, attributes={"Id": url})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, properties, previous
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Does nothing, for there is only the address."""
