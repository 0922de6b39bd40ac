"""Tags of Glue's resources, by ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Call, Operations, Params, operation

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


def put(cloud: Cloud, arn: str, tags: dict[str, str] | None) -> None:
    """Adds to a resource's tags."""
    table = cloud.store.table("glue.tags")
    if tags:
        table.put(arn, (table.get(arn) or {}) | tags)


def forget(cloud: Cloud, arn: str) -> None:
    cloud.store.table("glue.tags").delete(arn)


class Tags(Operations):
    service = "glue"

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> Params:
        put(self.cloud, params["ResourceArn"], params["TagsToAdd"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> Params:
        table = self.cloud.store.table("glue.tags")
        kept = table.get(params["ResourceArn"]) or {}
        table.put(
            params["ResourceArn"], {key: value for key, value in kept.items() if key not in params["TagsToRemove"]}
        )
        return {}

    @operation("GetTags")
    def get_tags(self, _: Call, params: Params) -> Params:
        return {"Tags": self.cloud.store.table("glue.tags").get(params["ResourceArn"]) or {}}
