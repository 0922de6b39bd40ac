"""AWS::ApplicationAutoScaling::ScalableTarget."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only, without
from localcloud.resources.tags import tag_parameter, tags_of

_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class ScalableTarget(Resource):
    """Ref is ``resource id|dimension|namespace``."""

    type_name = "AWS::ApplicationAutoScaling::ScalableTarget"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = "|".join(properties[part] for part in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
        self._register(ctx, properties, {})
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        self._register(ctx, properties, previous)
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        scaling = ctx.client("application-autoscaling")
        with already_gone():
            _delete_actions(scaling, properties, _action_names(properties))
            call(scaling, "DeregisterScalableTarget", only(properties, *_KEY))

    def _register(self, ctx: Context, properties: Properties, previous: Properties) -> None:
        scaling = ctx.client("application-autoscaling")
        tags = tag_parameter(scaling, "RegisterScalableTarget", tags_of(properties))
        call(scaling, "RegisterScalableTarget", without(properties, "ScheduledActions", "Tags"), **tags)
        _delete_actions(scaling, properties, _action_names(previous) - _action_names(properties))
        for action in properties.get("ScheduledActions", []):
            call(scaling, "PutScheduledAction", only(properties, *_KEY) | action)


def _action_names(properties: Properties) -> set[str]:
    return {action["ScheduledActionName"] for action in properties.get("ScheduledActions", [])}


def _delete_actions(scaling: Any, properties: Properties, names: set[str]) -> None:
    for name in sorted(names):
        call(scaling, "DeleteScheduledAction", only(properties, *_KEY), ScheduledActionName=name)
