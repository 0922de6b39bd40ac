"""AWS::IAM::OIDCProvider."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.tags import retag, tag_parameter, tags_of


class OidcProvider(Resource):
    """Ref is the provider's ARN, which has its address: another address is another provider."""

    type_name = "AWS::IAM::OIDCProvider"

    def create(self, ctx: Context, properties: Properties) -> Created:
        iam = ctx.client("iam")
        arn = iam.create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            ThumbprintList=properties.get("ThumbprintList", []),
            **tag_parameter(iam, "CreateOpenIDConnectProvider", tags_of(properties)),
        )["OpenIDConnectProviderArn"]
        return Created(physical_id=arn, attributes={"Arn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        iam, provider = ctx.client("iam"), {"OpenIDConnectProviderArn": physical_id}
        wanted, had = properties.get("ClientIdList", []), previous.get("ClientIdList", [])
        for client_id in wanted:
            if client_id not in had:
                iam.add_client_id_to_open_id_connect_provider(**provider, ClientID=client_id)
        for client_id in had:
            if client_id not in wanted:
                iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID=client_id)
        prints = properties.get("ThumbprintList", [])
        if prints != previous.get("ThumbprintList", []):
            iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=prints)
        operations = ("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider")
        retag(iam, operations, provider, tags_of(previous), tags_of(properties))
        return {"Arn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=physical_id)
