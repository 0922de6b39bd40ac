"""AWS::Glue::Job."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Job(Resource):
    """Ref is the job's name."""

    type_name = "AWS::Glue::Job"

    def create(self, ctx: Context, properties: Properties) -> Created:
        glue = ctx.client("glue")
        named = {"Name": ctx.new_name(255), **properties}
        tags = tag_parameter(glue, "CreateJob", tags_of(properties))
        call(glue, "CreateJob", without(named, "Tags"), **tags)
        return Created(physical_id=named["Name"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        """UpdateJob replaces the whole definition, so a property that left the template leaves the job too."""
        glue = ctx.client("glue")
        call(glue, "UpdateJob", {"JobUpdate": without(properties, "Name", "Tags")}, JobName=physical_id)
        arn = {"ResourceArn": ctx.arn("glue", f"job/{physical_id}")}
        retag(glue, ("TagResource", "UntagResource"), arn, tags_of(previous), tags_of(properties))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("glue").delete_job(JobName=physical_id)
