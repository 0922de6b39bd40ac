"""AWS::Events::Rule."""

from __future__ import annotations

from typing import Any

from localcloud.platform.errors import AwsError
from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only, require_unchanged, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Rule(Resource):
    """A rule and its targets. Ref is the rule's name, with the bus's name in front unless that is the default bus."""

    type_name = "AWS::Events::Rule"

    def create(self, ctx: Context, properties: Properties) -> Created:
        events = ctx.client("events")
        named = {"Name": ctx.new_name(64), **properties}
        on_bus = only(properties, "EventBusName")
        refuse_existing(
            self.type_name,
            properties.get("Name"),
            lambda: events.describe_rule(Name=properties["Name"], **on_bus),
        )
        tags = tag_parameter(events, "PutRule", tags_of(properties))
        arn = call(events, "PutRule", without(named, "Targets", "Tags"), **tags)["RuleArn"]
        bus = str(properties.get("EventBusName", "default")).rpartition(":event-bus/")[2]
        name = named["Name"] if bus == "default" else f"{bus}|{named['Name']}"
        ctx.created(name)
        _put_targets(events, named)
        return Created(physical_id=name, attributes={"Arn": arn, "RuleName": named["Name"]})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        require_unchanged(properties, previous, "EventBusName")
        events = ctx.client("events")
        named = {**properties, "Name": physical_id.rpartition("|")[2]}
        arn = call(events, "PutRule", without(named, "Targets", "Tags"))["RuleArn"]
        kept = {target["Id"] for target in properties.get("Targets", [])}
        lost = [target["Id"] for target in previous.get("Targets", []) if target["Id"] not in kept]
        _remove_targets(events, named, lost)
        _put_targets(events, named)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(events, ("TagResource", "UntagResource"), {"ResourceARN": arn}, was, wanted)
        return {"Arn": arn, "RuleName": named["Name"]}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        events = ctx.client("events")
        named = {**properties, "Name": physical_id.rpartition("|")[2]}
        with already_gone():
            _remove_targets(events, named, [target["Id"] for target in properties.get("Targets", [])])
            call(events, "DeleteRule", only(named, "Name", "EventBusName"))


def _put_targets(events: Any, named: Properties) -> None:
    if named.get("Targets"):
        _check(call(events, "PutTargets", only(named, "Targets", "EventBusName"), Rule=named["Name"]))


def _remove_targets(events: Any, named: Properties, ids: list[str]) -> None:
    if ids:
        _check(call(events, "RemoveTargets", only(named, "EventBusName"), Rule=named["Name"], Ids=ids))


def _check(answer: dict[str, Any]) -> None:
    """Raises ResourceError for failures in the answer: the operations on targets answer 200 all the same."""
    if answer.get("FailedEntryCount"):
        failed = answer["FailedEntries"][0]
        raise AwsError(failed["ErrorCode"], f"target {failed['TargetId']}: {failed['ErrorMessage']}")
