"""AWS::Glue::SecurityConfiguration."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, renamed, require_unchanged


class SecurityConfiguration(Resource):
    """Ref is the configuration's name. Glue cannot change a configuration, so a change needs another name."""

    type_name = "AWS::Glue::SecurityConfiguration"

    def create(self, ctx: Context, properties: Properties) -> Created:
        call(ctx.client("glue"), "CreateSecurityConfiguration", renamed(properties, {"S3Encryptions": "S3Encryption"}))
        return Created(physical_id=properties["Name"])

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del ctx, physical_id
        require_unchanged(properties, previous, "EncryptionConfiguration")
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("glue").delete_security_configuration(Name=physical_id)
