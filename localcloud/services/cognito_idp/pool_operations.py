"""Pools: create, describe, update, delete, list; and their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp.base import CognitoOperations

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_LISTED = ("Id", "Name", "LastModifiedDate", "CreationDate")


class PoolOperations(CognitoOperations):
    @operation("CreateUserPool")
    def create_user_pool(self, _: Call, params: Params) -> Params:
        pool = self.directory.pools.create(params)
        self.directory.keys.make(pool["Id"])
        return {"UserPool": self._shown(pool)}

    @operation("DescribeUserPool")
    def describe_user_pool(self, _: Call, params: Params) -> Params:
        return {"UserPool": self._shown(self.directory.pools.get(params["UserPoolId"]))}

    @operation("UpdateUserPool")
    def update_user_pool(self, _: Call, params: Params) -> None:
        self.directory.pools.update(params["UserPoolId"], params)

    @operation("DeleteUserPool")
    def delete_user_pool(self, _: Call, params: Params) -> None:
        pool = self.directory.pools.get(params["UserPoolId"])
        if pool["DeletionProtection"] == "ACTIVE":
            raise AwsError(
                "InvalidParameterException",
                "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be "
                "inactivated first.",
            )
        if self._domain_of(pool["Id"]):
            raise AwsError(
                "InvalidParameterException",
                "User pool cannot be deleted. It has a domain configured that should be deleted first.",
            )
        self.directory.forget_pool(pool["Id"])

    @operation("ListUserPools")
    def list_user_pools(self, _: Call, params: Params) -> Params:
        pools = [pool for _, pool in self.directory.pools.table.items()]
        page, more = page_tokens.cut(pools, params, params["MaxResults"], code="InvalidParameterException")
        return {"UserPools": [{name: pool[name] for name in _LISTED} for pool in page], **more}

    @operation("GetUserPoolMfaConfig")
    def get_user_pool_mfa_config(self, _: Call, params: Params) -> Params:
        return {"MfaConfiguration": self.directory.pools.get(params["UserPoolId"])["MfaConfiguration"]}

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        self._change_tags(params, lambda tags: tags.update(params["Tags"]))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        def remove(tags: dict[str, str]) -> None:
            for key in params["TagKeys"]:
                tags.pop(key, None)

        self._change_tags(params, remove)

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        return {"Tags": self.directory.pools.get(_pool_id(params)).get("UserPoolTags", {})}

    def _change_tags(self, params: Params, change: Callable[[dict[str, str]], None]) -> None:
        self.directory.pools.get(_pool_id(params))
        self.directory.pools.table.update(_pool_id(params), lambda pool: change(pool.setdefault("UserPoolTags", {})))

    def _shown(self, pool: Document) -> Params:
        domain = self._domain_of(pool["Id"])
        users = sum(1 for _ in self.directory.users.of_pool(pool["Id"]))
        return pool | {"EstimatedNumberOfUsers": users} | ({"Domain": domain} if domain else {})

    def _domain_of(self, pool_id: str) -> str:
        found = (name for name, domain in self.directory.domains.items() if domain["UserPoolId"] == pool_id)
        return next(found, "")


def _pool_id(params: Params) -> str:
    return str(params["ResourceArn"]).rpartition("/")[2]
