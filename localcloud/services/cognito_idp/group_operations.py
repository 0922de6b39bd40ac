"""Groups of users. A token names those that its user is in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp.base import CognitoOperations
from localcloud.services.cognito_idp.users import shown

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_SETTINGS = ("Description", "Precedence")


class GroupOperations(CognitoOperations):
    @operation("CreateGroup")
    def create_group(self, _: Call, params: Params) -> Params:
        _refuse_role(params)
        pool, name = self.directory.pools.get(params["UserPoolId"]), params["GroupName"]
        if f"{pool['Id']}/{name}" in self.directory.groups:
            raise AwsError("GroupExistsException", "A group with the name already exists.")
        now = datetime.now(UTC)
        group = {"GroupName": name, "UserPoolId": pool["Id"], "CreationDate": now, "LastModifiedDate": now}
        group |= {setting: params[setting] for setting in _SETTINGS if setting in params}
        self.directory.groups.put(f"{pool['Id']}/{name}", group)
        return {"Group": group}

    @operation("GetGroup")
    def get_group(self, _: Call, params: Params) -> Params:
        return {"Group": self._group(params)}

    @operation("UpdateGroup")
    def update_group(self, _: Call, params: Params) -> Params:
        _refuse_role(params)
        kept = {name: value for name, value in self._group(params).items() if name not in _SETTINGS}
        given = {name: params[name] for name in _SETTINGS if name in params}
        group = kept | given | {"LastModifiedDate": datetime.now(UTC)}
        self.directory.groups.put(f"{group['UserPoolId']}/{group['GroupName']}", group)
        return {"Group": group}

    @operation("DeleteGroup")
    def delete_group(self, _: Call, params: Params) -> None:
        group = self._group(params)
        for user in self._members(group):
            self.directory.users.change(user, lambda found: found["groups"].remove(group["GroupName"]))
        self.directory.groups.delete(f"{group['UserPoolId']}/{group['GroupName']}")

    @operation("ListGroups")
    def list_groups(self, _: Call, params: Params) -> Params:
        pool = self.directory.pools.get(params["UserPoolId"])
        return {"Groups": [group for _, group in self.directory.groups.items(f"{pool['Id']}/")]}

    @operation("AdminAddUserToGroup")
    def admin_add_user_to_group(self, _: Call, params: Params) -> None:
        name = self._group(params)["GroupName"]
        user = self.directory.users.get(params["UserPoolId"], params["Username"])
        self.directory.users.change(user, lambda found: found.update(groups=sorted({*found["groups"], name})))

    @operation("AdminRemoveUserFromGroup")
    def admin_remove_user_from_group(self, _: Call, params: Params) -> None:
        name = self._group(params)["GroupName"]
        user = self.directory.users.get(params["UserPoolId"], params["Username"])
        self.directory.users.change(user, lambda found: found.update(groups=[g for g in found["groups"] if g != name]))

    @operation("AdminListGroupsForUser")
    def admin_list_groups_for_user(self, _: Call, params: Params) -> Params:
        user = self.directory.users.get(params["UserPoolId"], params["Username"])
        return {"Groups": [self.directory.groups.get(f"{user['Pool']}/{name}") for name in user["groups"]]}

    @operation("ListUsersInGroup")
    def list_users_in_group(self, _: Call, params: Params) -> Params:
        return {"Users": [shown(user) for user in self._members(self._group(params))]}

    def _group(self, params: Params) -> Document:
        pool = self.directory.pools.get(params["UserPoolId"])
        found = self.directory.groups.get(f"{pool['Id']}/{params['GroupName']}")
        if found is None:
            raise AwsError("ResourceNotFoundException", "Group not found.")
        return found

    def _members(self, group: Document) -> list[Document]:
        users = self.directory.users.of_pool(group["UserPoolId"])
        return [user for user in users if group["GroupName"] in user["groups"]]


def _refuse_role(params: Params) -> None:
    if params.get("RoleArn"):
        raise UnsupportedError("cognito-idp: RoleArn of a group (identity pools)")
