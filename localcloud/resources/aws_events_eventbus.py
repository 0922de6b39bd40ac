"""AWS::Events::EventBus."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class EventBus(Resource):
    """Ref is the bus's name. ``Policy`` is the whole policy of the bus."""

    type_name = "AWS::Events::EventBus"

    def create(self, ctx: Context, properties: Properties) -> Created:
        events, name = ctx.client("events"), properties["Name"]
        refuse_existing(self.type_name, name, lambda: events.describe_event_bus(Name=name))
        tags = tag_parameter(events, "CreateEventBus", tags_of(properties))
        arn = call(events, "CreateEventBus", without(properties, "Policy", "Tags"), **tags)["EventBusArn"]
        ctx.created(name)
        _set_policy(events, name, properties.get("Policy"))
        return Created(physical_id=name, attributes=_attributes(name, arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        events = ctx.client("events")
        arn = call(events, "UpdateEventBus", without(properties, "Policy", "Tags"))["Arn"]
        if properties.get("Policy") != previous.get("Policy"):
            _set_policy(events, physical_id, properties.get("Policy"), had_one=True)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(events, ("TagResource", "UntagResource"), {"ResourceARN": arn}, was, wanted)
        return _attributes(physical_id, arn)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("events").delete_event_bus(Name=physical_id)


def _attributes(name: str, arn: str) -> Attributes:
    return {"Arn": arn, "Name": name}


def _set_policy(events: Any, name: str, policy: Any, *, had_one: bool = False) -> None:
    if policy:
        events.put_permission(EventBusName=name, Policy=document(policy))
    elif had_one:
        events.remove_permission(EventBusName=name, RemoveAllPermissions=True)
