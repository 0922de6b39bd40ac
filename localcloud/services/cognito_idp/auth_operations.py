"""Signing in without a page: by name and password, by a refresh token, and the challenge of a temporary password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.cognito_idp.base import CognitoOperations
from localcloud.services.cognito_idp.clients import check_secret_hash

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105  (a challenge's name)
_REFRESHING = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
#: The flow of each operation → the one that the client must allow.
_BY_PASSWORD = {"USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH"}
_BY_ADMINISTRATOR = {
    "ADMIN_USER_PASSWORD_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
}


class AuthOperations(CognitoOperations):
    @operation("InitiateAuth")
    def initiate_auth(self, _: Call, params: Params) -> Params:
        return self._initiate(self.directory.clients.find(params["ClientId"]), params, _BY_PASSWORD)

    @operation("AdminInitiateAuth")
    def admin_initiate_auth(self, _: Call, params: Params) -> Params:
        self.directory.pools.get(params["UserPoolId"])
        client = self.directory.clients.get(params["UserPoolId"], params["ClientId"])
        return self._initiate(client, params, _BY_PASSWORD | _BY_ADMINISTRATOR)

    @operation("RespondToAuthChallenge")
    def respond_to_auth_challenge(self, _: Call, params: Params) -> Params:
        return self._respond(self.directory.clients.find(params["ClientId"]), params)

    @operation("AdminRespondToAuthChallenge")
    def admin_respond_to_auth_challenge(self, _: Call, params: Params) -> Params:
        return self._respond(self.directory.clients.get(params["UserPoolId"], params["ClientId"]), params)

    def _initiate(self, client: Document, params: Params, flows: dict[str, str]) -> Params:
        flow, given = params["AuthFlow"], params.get("AuthParameters", {})
        if flow in _REFRESHING:
            _allow(client, "ALLOW_REFRESH_TOKEN_AUTH", flow)
            return self._refresh(client, given)
        if flow not in flows:
            raise UnsupportedError(f"cognito-idp: the flow {flow} ({', '.join(flows)} and REFRESH_TOKEN_AUTH are)")
        _allow(client, flows[flow], flow)
        name, password = _required(given, "USERNAME"), _required(given, "PASSWORD")
        check_secret_hash(client, name, given.get("SECRET_HASH"))
        user = self.directory.authentication.with_password(client, name, password)
        if self.directory.authentication.must_change(user):
            session = self.directory.authentication.challenge(client, user)
            shown = {"USER_ID_FOR_SRP": user["Username"], "requiredAttributes": "[]", "userAttributes": "{}"}
            return {"ChallengeName": _NEW_PASSWORD, "Session": session, "ChallengeParameters": shown}
        return {
            "ChallengeParameters": {},
            "AuthenticationResult": self.directory.tokens.begin(client, user).as_result(),
        }

    def _refresh(self, client: Document, given: dict[str, str]) -> Params:
        token = _required(given, "REFRESH_TOKEN")
        found = self.directory.sign_ins.of_refresh_token(token)
        check_secret_hash(client, found[1]["username"] if found else "", given.get("SECRET_HASH"))
        result = self.directory.tokens.refresh(client, token).as_result()
        return {"ChallengeParameters": {}, "AuthenticationResult": result}

    def _respond(self, client: Document, params: Params) -> Params:
        if params["ChallengeName"] != _NEW_PASSWORD:
            raise UnsupportedError(f"cognito-idp: the challenge {params['ChallengeName']} ({_NEW_PASSWORD} is)")
        given = params.get("ChallengeResponses", {})
        name, password = _required(given, "USERNAME"), _required(given, "NEW_PASSWORD")
        check_secret_hash(client, name, given.get("SECRET_HASH"))
        user = self.directory.authentication.answer_challenge(client, params.get("Session", ""), password)
        return {
            "ChallengeParameters": {},
            "AuthenticationResult": self.directory.tokens.begin(client, user).as_result(),
        }


def _allow(client: Document, needed: str, flow: str) -> None:
    allowed = client["ExplicitAuthFlows"]
    if needed not in allowed and needed.removeprefix("ALLOW_") not in allowed:
        raise AwsError("InvalidParameterException", f"{flow} flow not enabled for this client")


def _required(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise AwsError("InvalidParameterException", f"Missing required parameter {name}")
    return given[name]
