"""AWS::CodeConnections::Connection."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Connection(Resource):
    """Ref is the connection's ARN."""

    type_name = "AWS::CodeConnections::Connection"
    #: The service's present or former name.
    service = "codeconnections"

    def create(self, ctx: Context, properties: Properties) -> Created:
        client = ctx.client(self.service)
        tags = tag_parameter(client, "CreateConnection", tags_of(properties))
        arn = call(client, "CreateConnection", without(properties, "Tags"), **tags)["ConnectionArn"]
        ctx.created(arn)
        return Created(physical_id=arn, attributes=self._attributes(ctx, arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        """Tags are all that changes in place."""
        names = ("TagResource", "UntagResource")
        resource = {"ResourceArn": physical_id}
        retag(ctx.client(self.service), names, resource, tags_of(previous), tags_of(properties))
        return self._attributes(ctx, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client(self.service).delete_connection(ConnectionArn=physical_id)

    def _attributes(self, ctx: Context, arn: str) -> Attributes:
        found = ctx.client(self.service).get_connection(ConnectionArn=arn)["Connection"]
        return {name: found[name] for name in ("ConnectionArn", "ConnectionStatus", "OwnerAccountId")}
