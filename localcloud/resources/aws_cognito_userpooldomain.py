"""AWS::Cognito::UserPoolDomain."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse, without


class UserPoolDomain(Resource):
    """Ref is the domain prefix. A custom domain is refused: it would need a certificate and a distribution."""

    type_name = "AWS::Cognito::UserPoolDomain"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, "CustomDomainConfig", "Routing")
        call(ctx.client("cognito-idp"), "CreateUserPoolDomain", without(properties, "CustomDomainConfig", "Routing"))
        return Created(physical_id=properties["Domain"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del physical_id, previous
        refuse(properties, "CustomDomainConfig", "Routing")
        call(ctx.client("cognito-idp"), "UpdateUserPoolDomain", without(properties, "CustomDomainConfig", "Routing"))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            ctx.client("cognito-idp").delete_user_pool_domain(Domain=physical_id, UserPoolId=properties["UserPoolId"])
