"""AWS::SQS::QueuePolicy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document


class QueuePolicy(Resource):
    """One policy for one or more queues."""

    type_name = "AWS::SQS::QueuePolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _set_policy(ctx, properties["Queues"], document(properties["PolicyDocument"]))
        name = ctx.new_name(128)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _set_policy(ctx, [url for url in previous["Queues"] if url not in properties["Queues"]], "")
        _set_policy(ctx, properties["Queues"], document(properties["PolicyDocument"]))
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        for url in properties["Queues"]:
            with already_gone():
                _set_policy(ctx, [url], "")


def _set_policy(ctx: Context, queues: list[str], policy: str) -> None:
    for url in queues:
        ctx.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
