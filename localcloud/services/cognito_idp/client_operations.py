"""App clients: create, describe, update, delete, list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.service import operation
from localcloud.services.cognito_idp.base import CognitoOperations

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params

_LISTED = ("ClientId", "UserPoolId", "ClientName")


class ClientOperations(CognitoOperations):
    @operation("CreateUserPoolClient")
    def create_user_pool_client(self, _: Call, params: Params) -> Params:
        pool = self.directory.pools.get(params["UserPoolId"])
        return {"UserPoolClient": self.directory.clients.create(pool["Id"], params)}

    @operation("DescribeUserPoolClient")
    def describe_user_pool_client(self, _: Call, params: Params) -> Params:
        return {"UserPoolClient": self.directory.clients.get(params["UserPoolId"], params["ClientId"])}

    @operation("UpdateUserPoolClient")
    def update_user_pool_client(self, _: Call, params: Params) -> Params:
        client = self.directory.clients.update(params["UserPoolId"], params["ClientId"], params)
        return {"UserPoolClient": client}

    @operation("DeleteUserPoolClient")
    def delete_user_pool_client(self, _: Call, params: Params) -> None:
        client = self.directory.clients.get(params["UserPoolId"], params["ClientId"])
        self.directory.clients.table.delete(f"{client['UserPoolId']}/{client['ClientId']}")
        self.directory.sign_ins.end(lambda found: found["client"] == client["ClientId"])

    @operation("ListUserPoolClients")
    def list_user_pool_clients(self, _: Call, params: Params) -> Params:
        pool = self.directory.pools.get(params["UserPoolId"])
        clients = [client for _, client in self.directory.clients.table.items(f"{pool['Id']}/")]
        page, more = page_tokens.cut(clients, params, params.get("MaxResults", 60), code="InvalidParameterException")
        return {"UserPoolClients": [{name: client[name] for name in _LISTED} for client in page], **more}
