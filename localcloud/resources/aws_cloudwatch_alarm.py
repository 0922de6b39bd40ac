"""AWS::CloudWatch::Alarm."""

from __future__ import annotations

from typing import Any, ClassVar

from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Alarm(Resource):
    """Ref is the alarm's name."""

    type_name = "AWS::CloudWatch::Alarm"
    #: The operation that makes and changes it, and the kind that it finds it by.
    put: ClassVar[str] = "PutMetricAlarm"
    kind: ClassVar[str] = "MetricAlarm"

    def create(self, ctx: Context, properties: Properties) -> Created:
        cloudwatch = ctx.client("cloudwatch")
        named = {"AlarmName": ctx.new_name(255), **properties}
        given = properties.get("AlarmName")
        refuse_existing(self.type_name, given, lambda: found(cloudwatch, str(given), self.kind))
        tags = tag_parameter(cloudwatch, self.put, tags_of(properties))
        call(cloudwatch, self.put, without(named, "Tags"), **tags)
        return Created(physical_id=named["AlarmName"], attributes=_attributes(ctx, named["AlarmName"]))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        cloudwatch = ctx.client("cloudwatch")
        call(cloudwatch, self.put, without(properties, "AlarmName", "Tags"), AlarmName=physical_id)
        attributes = _attributes(ctx, physical_id)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(cloudwatch, ("TagResource", "UntagResource"), {"ResourceARN": attributes["Arn"]}, was, wanted)
        return attributes

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("cloudwatch").delete_alarms(AlarmNames=[physical_id])


def found(cloudwatch: Any, name: str, kind: str) -> list[Any]:
    """The alarms of a kind with this name: one or none."""
    alarms: list[Any] = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])[f"{kind}s"]
    return alarms


def _attributes(ctx: Context, name: str) -> Attributes:
    return {"Arn": ctx.arn("cloudwatch", f"alarm:{name}")}
