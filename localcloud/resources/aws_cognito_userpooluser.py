"""AWS::Cognito::UserPoolUser."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, without

#: They are handed to triggers, which the local cloud does not run.
_UNSUPPORTED = ("ClientMetadata", "ValidationData")


class UserPoolUser(Resource):
    """Ref is the user's name. Every property needs a replacement.

    CloudFormation cannot say a password: the user gets a random one, and an administrator sets another.
    """

    type_name = "AWS::Cognito::UserPoolUser"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *_UNSUPPORTED)
        name = properties.get("Username") or ctx.new_name(128)
        settings = without(properties, "Username", *_UNSUPPORTED)
        user = call(ctx.client("cognito-idp"), "AdminCreateUser", settings, Username=name)["User"]
        return Created(physical_id=user["Username"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, physical_id, properties, previous
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("cognito-idp").admin_delete_user(UserPoolId=properties["UserPoolId"], Username=physical_id)
