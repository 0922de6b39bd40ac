"""AWS::Cognito::UserPoolGroup."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without


class UserPoolGroup(Resource):
    """Ref is the group's name."""

    type_name = "AWS::Cognito::UserPoolGroup"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = properties.get("GroupName") or ctx.new_name(128)
        call(ctx.client("cognito-idp"), "CreateGroup", without(properties, "GroupName"), GroupName=name)
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("cognito-idp"), "UpdateGroup", without(properties, "GroupName"), GroupName=physical_id)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("cognito-idp").delete_group(UserPoolId=properties["UserPoolId"], GroupName=physical_id)
