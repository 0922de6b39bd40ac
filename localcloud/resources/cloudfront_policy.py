"""What CloudFront's access controls and policies have in common: one config each, a version, and four operations."""

from __future__ import annotations

from typing import Any, ClassVar

from localcloud.resources.absence import already_gone
from localcloud.resources.cloudfront_shapes import config
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import method_of


class CloudFrontPolicy(Resource):
    """Ref is the id."""

    #: The name in operations: ``CachePolicy`` of ``CreateCachePolicy``.
    noun: ClassVar[str]

    def create(self, ctx: Context, properties: Properties) -> Created:
        cloudfront, operation = ctx.client("cloudfront"), f"Create{self.noun}"
        made = method_of(cloudfront, operation)(**self._config(cloudfront, operation, properties))[self.noun]
        return Created(physical_id=made["Id"], attributes=_attributes(made))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        cloudfront, operation = ctx.client("cloudfront"), f"Update{self.noun}"
        version = method_of(cloudfront, f"Get{self.noun}")(Id=physical_id)["ETag"]
        wanted = self._config(cloudfront, operation, properties)
        return _attributes(method_of(cloudfront, operation)(Id=physical_id, IfMatch=version, **wanted)[self.noun])

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        cloudfront = ctx.client("cloudfront")
        with already_gone():
            version = method_of(cloudfront, f"Get{self.noun}")(Id=physical_id)["ETag"]
            method_of(cloudfront, f"Delete{self.noun}")(Id=physical_id, IfMatch=version)

    def _config(self, cloudfront: Any, operation: str, properties: Properties) -> dict[str, Any]:
        member = f"{self.noun}Config"
        return {member: config(cloudfront, operation, member, properties[member])}


def _attributes(found: dict[str, Any]) -> Attributes:
    changed = {"LastModifiedTime": str(found["LastModifiedTime"])} if "LastModifiedTime" in found else {}
    return {"Id": found["Id"], **changed}
