"""AWS::Cognito::UserPoolClient."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, without

#: Nothing of the local cloud would act on them.
_UNSUPPORTED = ("AnalyticsConfiguration", "RefreshTokenRotation", "EnablePropagateAdditionalUserContextData")


class UserPoolClient(Resource):
    """Ref is the client's id."""

    type_name = "AWS::Cognito::UserPoolClient"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, *_UNSUPPORTED)
        name = properties.get("ClientName") or ctx.new_name(128)
        settings = without(properties, "ClientName", *_UNSUPPORTED)
        client = call(ctx.client("cognito-idp"), "CreateUserPoolClient", settings, ClientName=name)["UserPoolClient"]
        return Created(physical_id=client["ClientId"], attributes=_attributes(client))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        refuse(properties, *_UNSUPPORTED)
        settings = without(properties, "GenerateSecret", *_UNSUPPORTED)
        client = call(ctx.client("cognito-idp"), "UpdateUserPoolClient", settings, ClientId=physical_id)
        return _attributes(client["UserPoolClient"])

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("cognito-idp").delete_user_pool_client(UserPoolId=properties["UserPoolId"], ClientId=physical_id)


def _attributes(client: dict[str, Any]) -> Attributes:
    secret = {"ClientSecret": client["ClientSecret"]} if "ClientSecret" in client else {}
    return {"ClientId": client["ClientId"], "Name": client["ClientName"], **secret}
