"""AWS::CloudWatch::Dashboard."""

from __future__ import annotations

from typing import Any

from localcloud.platform.errors import AwsError
from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Dashboard(Resource):
    """Ref is the dashboard's name."""

    type_name = "AWS::CloudWatch::Dashboard"

    def create(self, ctx: Context, properties: Properties) -> Created:
        cloudwatch = ctx.client("cloudwatch")
        name = properties.get("DashboardName") or ctx.new_name(255)
        given = properties.get("DashboardName")
        refuse_existing(self.type_name, given, lambda: cloudwatch.get_dashboard(DashboardName=given))
        _put(cloudwatch, name, properties, **tag_parameter(cloudwatch, "PutDashboard", tags_of(properties)))
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        cloudwatch = ctx.client("cloudwatch")
        _put(cloudwatch, physical_id, properties)
        # A dashboard belongs to an account, not to a region.
        arn = {"ResourceARN": f"arn:{ctx.partition}:cloudwatch::{ctx.account_id}:dashboard/{physical_id}"}
        retag(cloudwatch, ("TagResource", "UntagResource"), arn, tags_of(previous), tags_of(properties))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("cloudwatch").delete_dashboards(DashboardNames=[physical_id])


def _put(cloudwatch: Any, name: str, properties: Properties, **tags: Any) -> None:
    own = without(properties, "DashboardName", "Tags")
    messages = call(cloudwatch, "PutDashboard", own, DashboardName=name, **tags).get("DashboardValidationMessages")
    if messages:
        raise AwsError("InvalidParameterInput", f"dashboard {name}: {messages}")
