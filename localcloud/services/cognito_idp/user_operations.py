"""Users: what an administrator does to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.platform import page_tokens
from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp import attributes, passwords
from localcloud.services.cognito_idp.base import CognitoOperations
from localcloud.services.cognito_idp.users import CONFIRMED, FORCE_CHANGE_PASSWORD, UNCONFIRMED, shown

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_CREATION = (
    *("UserPoolId", "Username", "UserAttributes", "TemporaryPassword", "MessageAction", "DesiredDeliveryMediums"),
    "ForceAliasCreation",
)
#: ListUsers' filter: an attribute, equal to or beginning with a text.
_FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*')
_OF_USER = {"username": "Username", "cognito:user_status": "UserStatus", "status": "Enabled"}
_MOST_LISTED = 60


class UserOperations(CognitoOperations):
    @operation("AdminCreateUser")
    def admin_create_user(self, _: Call, params: Params) -> Params:
        accept_only(params, _CREATION, "cognito-idp:AdminCreateUser")
        if params.get("MessageAction") != "SUPPRESS":
            raise UnsupportedError(
                "cognito-idp:AdminCreateUser without MessageAction SUPPRESS (the local cloud sends no mail, so it "
                "cannot send an invitation)"
            )
        pool = self.directory.pools.get(params["UserPoolId"])
        given = attributes.read(params.get("UserAttributes", []), pool=pool, creating=True)
        password = params.get("TemporaryPassword") or passwords.new(pool["Policies"]["PasswordPolicy"])
        user = self.directory.users.create(
            pool["Id"], params["Username"], given, status=FORCE_CHANGE_PASSWORD, password=password
        )
        return {"User": shown(user)}

    @operation("AdminGetUser")
    def admin_get_user(self, _: Call, params: Params) -> Params:
        return shown(self._user(params), attributes_as="UserAttributes")

    @operation("AdminDeleteUser")
    def admin_delete_user(self, _: Call, params: Params) -> None:
        user = self._user(params)
        self.directory.users.table.delete(f"{user['Pool']}/{user['Username']}")
        self.directory.sign_ins.end_of_user(user["Pool"], user["Username"])

    @operation("AdminSetUserPassword")
    def admin_set_user_password(self, _: Call, params: Params) -> Params:
        permanent = bool(params.get("Permanent", False))
        self.directory.users.set_password(self._user(params), params["Password"], permanent=permanent)
        return {}

    @operation("AdminEnableUser")
    def admin_enable_user(self, _: Call, params: Params) -> Params:
        self.directory.users.change(self._user(params), lambda user: user.update(Enabled=True))
        return {}

    @operation("AdminDisableUser")
    def admin_disable_user(self, _: Call, params: Params) -> Params:
        user = self.directory.users.change(self._user(params), lambda found: found.update(Enabled=False))
        self.directory.sign_ins.end_of_user(user["Pool"], user["Username"])
        return {}

    @operation("AdminUserGlobalSignOut")
    def admin_user_global_sign_out(self, _: Call, params: Params) -> Params:
        user = self._user(params)
        self.directory.sign_ins.end_of_user(user["Pool"], user["Username"])
        return {}

    @operation("AdminUpdateUserAttributes")
    def admin_update_user_attributes(self, _: Call, params: Params) -> Params:
        pool = self.directory.pools.get(params["UserPoolId"])
        given = attributes.read(params["UserAttributes"], pool=pool, creating=False)
        self.directory.users.change(self._user(params), lambda user: user["attributes"].update(given))
        return {}

    @operation("AdminConfirmSignUp")
    def admin_confirm_sign_up(self, _: Call, params: Params) -> Params:
        user = self._user(params)
        if user["UserStatus"] != UNCONFIRMED:
            raise AwsError(
                "NotAuthorizedException", f"User cannot be confirmed. Current status is {user['UserStatus']}"
            )
        self.directory.users.change(user, lambda found: found.update(UserStatus=CONFIRMED))
        return {}

    @operation("ListUsers")
    def list_users(self, _: Call, params: Params) -> Params:
        accept_only(params, ("UserPoolId", "Limit", "PaginationToken", "Filter"), "cognito-idp:ListUsers")
        pool = self.directory.pools.get(params["UserPoolId"])
        users = [user for user in self.directory.users.of_pool(pool["Id"]) if _passes(user, params.get("Filter", ""))]
        most = min(params.get("Limit", _MOST_LISTED), _MOST_LISTED)
        page, more = page_tokens.cut(users, params, most, code="InvalidParameterException", named="PaginationToken")
        return {"Users": [shown(user) for user in page], **more}

    def _user(self, params: Params) -> Document:
        return self.directory.users.get(params["UserPoolId"], params["Username"])


def _passes(user: Document, asked: str) -> bool:
    if not asked:
        return True
    found = _FILTER.fullmatch(asked)
    if found is None:
        raise AwsError("InvalidParameterException", f"Error while parsing filter: {asked}")
    name, sign, wanted = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
    own = {"sub": user["attributes"]["sub"], **user["attributes"]}
    value = str(user[_OF_USER[name]] if name in _OF_USER else own.get(name, ""))
    if name == "status":
        value = "Enabled" if user["Enabled"] else "Disabled"
    return value.startswith(wanted) if sign == "^=" else value == wanted
