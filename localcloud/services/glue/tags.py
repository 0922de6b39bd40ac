"""Tags of Glue's resources, by ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


#: The kind of resource in an ARN → where its documents are.
_TABLES = {"job": "glue.jobs", "crawler": "glue.crawlers", "database": "glue.databases"}


def put(cloud: Cloud, arn: str, tags: dict[str, str] | None) -> None:
    """Adds to a resource's tags."""
    table = cloud.store.table("glue.tags")
    if tags:
        table.put(arn, (table.get(arn) or {}) | tags)


def forget(cloud: Cloud, arn: str) -> None:
    cloud.store.table("glue.tags").delete(arn)


class Tags(Operations):
    service = "glue"

    def _require(self, arn: str) -> None:
        """Raises AwsError for a resource that is not there."""
        kind, _, name = arn.removeprefix(self.cloud.arn("glue", "")).partition("/")
        table = _TABLES.get(kind)
        if table is None or name not in self.cloud.store.table(table):
            raise AwsError("EntityNotFoundException", f"{arn} not found.")

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        put(self.cloud, params["ResourceArn"], params["TagsToAdd"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        table = self.cloud.store.table("glue.tags")
        kept = table.get(params["ResourceArn"]) or {}
        table.put(
            params["ResourceArn"], {key: value for key, value in kept.items() if key not in params["TagsToRemove"]}
        )
        return {}

    @operation("GetTags")
    def get_tags(self, _: Call, params: Params) -> Params:
        self._require(params["ResourceArn"])
        return {"Tags": self.cloud.store.table("glue.tags").get(params["ResourceArn"]) or {}}
