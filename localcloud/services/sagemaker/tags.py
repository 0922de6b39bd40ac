"""The tags of SageMaker's resources, by ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Call, Operations, Params, operation

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


def put_tags(cloud: Cloud, arn: str, tags: list[dict[str, str]] | None) -> None:
    """Adds tags. A key that exists already gets the new value."""
    table = cloud.store.table("sagemaker.tags")
    known = table.get(arn) or {}
    if tags:
        table.put(arn, known | {tag["Key"]: tag["Value"] for tag in tags})


def forget_tags(cloud: Cloud, arn: str) -> None:
    cloud.store.table("sagemaker.tags").delete(arn)


def tags_of(cloud: Cloud, arn: str) -> list[dict[str, str]]:
    found = cloud.store.table("sagemaker.tags").get(arn) or {}
    return [{"Key": key, "Value": value} for key, value in found.items()]


class Tags(Operations):
    service = "sagemaker"

    @operation("AddTags")
    def add_tags(self, _: Call, params: Params) -> Params:
        put_tags(self.cloud, params["ResourceArn"], params["Tags"])
        return {"Tags": tags_of(self.cloud, params["ResourceArn"])}

    @operation("ListTags")
    def list_tags(self, _: Call, params: Params) -> Params:
        return {"Tags": tags_of(self.cloud, params["ResourceArn"])}

    @operation("DeleteTags")
    def delete_tags(self, _: Call, params: Params) -> Params:
        table = self.cloud.store.table("sagemaker.tags")
        kept = {
            key: value
            for key, value in (table.get(params["ResourceArn"]) or {}).items()
            if key not in params["TagKeys"]
        }
        table.put(params["ResourceArn"], kept)
        return {}
