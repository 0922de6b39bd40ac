"""AWS::Glue::Crawler."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

#: The defaults for properties that left the template: UpdateCrawler keeps what a call does not mention.
_DEFAULTS: Properties = {
    "Classifiers": [],
    "Configuration": "",
    "CrawlerSecurityConfiguration": "",
    "Description": "",
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "Schedule": {"ScheduleExpression": ""},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "TablePrefix": "",
}


class Crawler(Resource):
    """Ref is the crawler's name."""

    type_name = "AWS::Glue::Crawler"

    def create(self, ctx: Context, properties: Properties) -> Created:
        glue = ctx.client("glue")
        name = properties.get("Name") or ctx.new_name(255)
        tags = tag_parameter(glue, "CreateCrawler", tags_of(properties))
        call(glue, "CreateCrawler", _parameters(properties), Name=name, **tags)
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        glue = ctx.client("glue")
        lost = {name: value for name, value in _DEFAULTS.items() if name in previous}
        call(glue, "UpdateCrawler", _parameters(lost | properties), Name=physical_id)
        arn = {"ResourceArn": ctx.arn("glue", f"crawler/{physical_id}")}
        retag(glue, ("TagResource", "UntagResource"), arn, tags_of(previous), tags_of(properties))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("glue").delete_crawler(Name=physical_id)


def _parameters(properties: Properties) -> Properties:
    """The template's properties, with the schedule as the bare expression that the API wants."""
    own = without(properties, "Name", "Schedule", "Tags")
    if "Schedule" in properties:
        own["Schedule"] = properties["Schedule"].get("ScheduleExpression", "")
    return own
