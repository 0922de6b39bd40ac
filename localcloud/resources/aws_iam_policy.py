"""AWS::IAM::Policy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.iam_principals import principals
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document


class Policy(Resource):
    """An inline policy of all roles, users and groups that it names."""

    type_name = "AWS::IAM::Policy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = ctx.new_name(64)
        ctx.created(name)
        _put(ctx, properties)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _put(ctx, properties)
        for principal in principals(previous):
            if principal not in principals(properties) or properties["PolicyName"] != previous["PolicyName"]:
                principal.delete_policy(ctx.client("iam"), previous["PolicyName"])
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        for principal in principals(properties):
            with already_gone():
                principal.delete_policy(ctx.client("iam"), properties["PolicyName"])


def _put(ctx: Context, properties: Properties) -> None:
    for principal in principals(properties):
        principal.put_policy(ctx.client("iam"), properties["PolicyName"], document(properties["PolicyDocument"]))
