"""AWS::SSM::Parameter."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Parameter(Resource):
    """Ref is the parameter's name."""

    type_name = "AWS::SSM::Parameter"

    def create(self, ctx: Context, properties: Properties) -> Created:
        ssm = ctx.client("ssm")
        named = {"Name": _new_name(ctx), **properties}
        tags = tag_parameter(ssm, "PutParameter", tags_of(properties))
        call(ssm, "PutParameter", without(named, "Tags"), **tags)
        return Created(physical_id=named["Name"], attributes=_attributes(properties))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        ssm = ctx.client("ssm")
        call(ssm, "PutParameter", without(properties, "Tags", "Name"), Name=physical_id, Overwrite=True)
        was, wanted = tags_of(previous), tags_of(properties)
        parameter = {"ResourceType": "Parameter", "ResourceId": physical_id}
        retag(ssm, ("AddTagsToResource", "RemoveTagsFromResource"), parameter, was, wanted)
        return _attributes(properties)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("ssm").delete_parameter(Name=physical_id)


def _new_name(ctx: Context) -> str:
    """Without the stack's name, unlike other types."""
    return f"CFN-{ctx.logical_id}-{ctx.new_name(255).rpartition('-')[2]}"


def _attributes(properties: Properties) -> Attributes:
    return {"Type": properties["Type"], "Value": properties["Value"]}
