"""AWS::CloudWatch::Dashboard."""

from __future__ import annotations

from localcloud.errors import AwsError
from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, without


class Dashboard(Resource):
    """Ref is the dashboard's name."""

    type_name = "AWS::CloudWatch::Dashboard"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = properties.get("DashboardName") or ctx.new_name(255)
        _put(ctx, name, properties)
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        _put(ctx, physical_id, properties)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("cloudwatch").delete_dashboards(DashboardNames=[physical_id])


def _put(ctx: Context, name: str, properties: Properties) -> None:
    refuse(properties, "Tags")
    answer = call(
        ctx.client("cloudwatch"), "PutDashboard", without(properties, "DashboardName", "Tags"), DashboardName=name
    )
    messages = answer.get("DashboardValidationMessages", [])
    if messages:
        raise AwsError("InvalidParameterInput", f"dashboard {name}: {messages}")
