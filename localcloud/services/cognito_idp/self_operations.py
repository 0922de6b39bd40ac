"""What people do themselves, with a token or a password in the place of AWS credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp import attributes
from localcloud.services.cognito_idp.base import CognitoOperations
from localcloud.services.cognito_idp.clients import check_secret_hash
from localcloud.services.cognito_idp.pools import only_administrators_create
from localcloud.services.cognito_idp.tokens import ADMIN_SCOPE
from localcloud.services.cognito_idp.users import UNCONFIRMED

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_SIGN_UP = ("ClientId", "SecretHash", "Username", "Password", "UserAttributes")


class SelfOperations(CognitoOperations):
    @operation("SignUp")
    def sign_up(self, _: Call, params: Params) -> Params:
        """The user is UNCONFIRMED: no code is sent, so an administrator confirms (AdminConfirmSignUp)."""
        accept_only(params, _SIGN_UP, "cognito-idp:SignUp")
        client = self.directory.clients.find(params["ClientId"])
        check_secret_hash(client, params["Username"], params.get("SecretHash"))
        pool = self.directory.pools.get(client["UserPoolId"])
        if only_administrators_create(pool):
            raise AwsError("NotAuthorizedException", "SignUp is not permitted for this user pool")
        given = attributes.read(params.get("UserAttributes", []), pool=pool, creating=True)
        if {"email_verified", "phone_number_verified"} & given.keys():
            raise AwsError("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        user = self.directory.users.create(
            pool["Id"], params["Username"], given, status=UNCONFIRMED, password=params["Password"]
        )
        return {"UserConfirmed": False, "UserSub": user["attributes"]["sub"]}

    @operation("GetUser")
    def get_user(self, _: Call, params: Params) -> Params:
        user = self._bearer(params["AccessToken"])
        return {"Username": user["Username"], "UserAttributes": attributes.shown(user["attributes"])}

    @operation("ChangePassword")
    def change_password(self, _: Call, params: Params) -> Params:
        user = self._bearer(params["AccessToken"])
        client = self.directory.clients.find(self._claims(params["AccessToken"])["client_id"])
        self.directory.authentication.with_password(client, user["Username"], params.get("PreviousPassword", ""))
        self.directory.users.set_password(user, params["ProposedPassword"], permanent=True)
        return {}

    @operation("GlobalSignOut")
    def global_sign_out(self, _: Call, params: Params) -> Params:
        user = self._bearer(params["AccessToken"])
        self.directory.sign_ins.end_of_user(user["Pool"], user["Username"])
        return {}

    @operation("RevokeToken")
    def revoke_token(self, _: Call, params: Params) -> Params:
        client = self.directory.clients.find(params["ClientId"])
        if params.get("ClientSecret") != client.get("ClientSecret"):
            raise AwsError("UnauthorizedException", "Invalid client secret")
        if not client["EnableTokenRevocation"]:
            raise AwsError("UnsupportedOperationException", "Token revocation is not enabled for this client")
        found = self.directory.sign_ins.of_refresh_token(params["Token"])
        if found is not None and found[1]["client"] != client["ClientId"]:
            raise AwsError("UnauthorizedException", "The token was issued to another client")
        if found is not None:
            self.directory.sign_ins.end_one(found[0])
        elif params["Token"].count(".") == 2:
            raise AwsError("UnsupportedTokenTypeException", "Only a refresh token can be revoked")
        return {}

    def _claims(self, token: str) -> Params:
        claims = self.directory.tokens.of_access_token(token, self.directory.tokens.pool_of(token))
        if ADMIN_SCOPE not in claims["scope"].split(" "):
            raise AwsError("NotAuthorizedException", "Access Token does not have required scopes")
        return claims

    def _bearer(self, token: str) -> Document:
        claims = self._claims(token)
        pool_id = claims["iss"].rpartition("/")[2]
        user = self.directory.users.find(pool_id, claims["username"])
        if user is None:
            raise AwsError("UserNotFoundException", "User does not exist.")
        return user
