"""Connections, under both names of the service: an ARN keeps the name under which its connection was made.

On AWS, a connection is PENDING until a person has let it into an organisation of the provider, in the console. The
local GitHub lets it in at once: a connection is AVAILABLE from the start.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, ClassVar

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document, Table

_PROVIDER = "GitHub"
_MOST_TAGS = 200
_PAGE = 100


def connections(cloud: Cloud) -> Table:
    """ARN → connection in GetConnection's form, and its tags."""
    return cloud.store.table("codeconnections.connections")


def find(cloud: Cloud, arn: str) -> Document:
    """The connection with this ARN; raises ResourceNotFoundException."""
    found = connections(cloud).get(arn)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Connection with ARN: {arn} not found")
    return found


class ConnectionOperations(Operations):
    service: ClassVar[str] = "codeconnections"

    @operation("CreateConnection")
    def create_connection(self, call: Call, params: Params) -> Params:
        if "HostArn" in params:
            raise UnsupportedError(f"{self.service}:CreateConnection with HostArn")
        provider = params.get("ProviderType")
        if provider is None:
            raise AwsError("ValidationException", "A connection needs a ProviderType or a HostArn")
        if provider != _PROVIDER:
            raise UnsupportedError(f"{self.service}:CreateConnection with ProviderType {provider} (there is a GitHub)")
        arn = self.cloud.arn(self.service, f"connection/{uuid.uuid4()}")
        tags = params.get("Tags", [])
        connection = {
            "ConnectionName": params["ConnectionName"],
            "ConnectionArn": arn,
            "ProviderType": provider,
            "OwnerAccountId": call.account_id,
            "ConnectionStatus": "AVAILABLE",
        }
        connections(self.cloud).put(arn, {"connection": connection, "tags": _by_key(tags)})
        return {"ConnectionArn": arn, "Tags": tags}

    @operation("GetConnection")
    def get_connection(self, _: Call, params: Params) -> Params:
        return {"Connection": find(self.cloud, params["ConnectionArn"])["connection"]}

    @operation("ListConnections")
    def list_connections(self, _: Call, params: Params) -> Params:
        every = [found["connection"] for _, found in connections(self.cloud).items()]
        provider, host = params.get("ProviderTypeFilter"), params.get("HostArnFilter")
        found = [each for each in every if provider in (None, each["ProviderType"]) and host is None]
        shown, more = page_tokens.cut(found, params, params.get("MaxResults") or _PAGE, code="ValidationException")
        return {"Connections": shown, **more}

    @operation("DeleteConnection")
    def delete_connection(self, _: Call, params: Params) -> Params:
        find(self.cloud, params["ConnectionArn"])
        connections(self.cloud).delete(params["ConnectionArn"])
        return {}

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> Params:
        arn = params["ResourceArn"]
        tags = find(self.cloud, arn)["tags"] | _by_key(params["Tags"])
        if len(tags) > _MOST_TAGS:
            raise AwsError("LimitExceededException", f"{arn} would have {len(tags)} tags; {_MOST_TAGS} are allowed")
        connections(self.cloud).update(arn, lambda found: found.update(tags=tags))
        return {}

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> Params:
        arn, lost = params["ResourceArn"], params["TagKeys"]
        kept = {key: value for key, value in find(self.cloud, arn)["tags"].items() if key not in lost}
        connections(self.cloud).update(arn, lambda found: found.update(tags=kept))
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        tags = find(self.cloud, params["ResourceArn"])["tags"]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
