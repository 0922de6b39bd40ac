"""AWS::SecretsManager::ResourcePolicy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call


class ResourcePolicy(Resource):
    """Ref is the ARN of the secret that the policy guards."""

    type_name = "AWS::SecretsManager::ResourcePolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        arn = call(ctx.client("secretsmanager"), "PutResourcePolicy", properties)["ARN"]
        return Created(physical_id=arn, attributes={"Id": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("secretsmanager"), "PutResourcePolicy", properties)
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("secretsmanager").delete_resource_policy(SecretId=physical_id)
