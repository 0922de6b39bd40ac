"""OAuth's endpoints for programs: tokens for a code or a refresh token, who a token's user is, and revocation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp.hosted import answers
from localcloud.services.cognito_idp.hosted.asked import registered
from localcloud.services.cognito_idp.tokens import claims_of

if TYPE_CHECKING:
    from localcloud.platform.service import HttpResponse, Visit
    from localcloud.platform.store import Document
    from localcloud.services.cognito_idp.directory import Directory
    from localcloud.services.cognito_idp.tokens import Issued
    from localcloud.wire.addresses import Addresses

_FORM = "application/x-www-form-urlencoded"
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class _RefusedError(Exception):
    """One of OAuth's error codes, which is the whole answer."""


class OAuth:
    def __init__(self, directory: Directory, addresses: Addresses) -> None:
        self._directory = directory
        self._addresses = addresses

    def token(self, visit: Visit, pool_id: str) -> HttpResponse:
        try:
            form = _form(visit)
            client = self._client(visit, pool_id, form)
            issued = self._granted(client, form)
        except _RefusedError as error:
            return answers.document(400, {"error": str(error)})
        tokens = {
            "id_token": issued.id_token,
            "access_token": issued.access_token,
            "refresh_token": issued.refresh_token,
        }
        given = {name: text for name, text in tokens.items() if text}
        return answers.document(200, {**given, "expires_in": issued.expires_in, "token_type": "Bearer"})

    def user_info(self, visit: Visit, pool_id: str) -> HttpResponse:
        kind, _, token = visit.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return _challenged(400, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
        try:
            claims = self._directory.tokens.of_access_token(token.strip(), pool_id)
        except AwsError:
            text = "Access token is expired, disabled, or deleted, or the user has globally signed out."
            return _challenged(401, "invalid_token", text)
        scopes = claims["scope"].split(" ")
        user = self._directory.users.find(pool_id, claims["username"])
        if "openid" not in scopes or user is None:
            return _challenged(401, "invalid_token", "Access token does not contain openid scope")
        found = {name: _text(value) for name, value in claims_of(user, scopes).items()}
        return answers.document(200, {"sub": claims["sub"], **found, "username": user["Username"]})

    def revoke(self, visit: Visit, pool_id: str) -> HttpResponse:
        try:
            form = _form(visit)
            client = self._client(visit, pool_id, form)
            self._end(client, form)
        except _RefusedError as error:
            return answers.document(400, {"error": str(error)})
        return answers.empty(200)

    def _granted(self, client: Document, form: dict[str, str]) -> Issued:
        kind = form.get("grant_type", "")
        if kind == "authorization_code":
            return self._for_code(client, form)
        if kind == "refresh_token":
            return self._for_refresh_token(client, form)
        if kind == "client_credentials":
            raise _RefusedError("unauthorized_client")
        raise _RefusedError("unsupported_grant_type" if kind else "invalid_request")

    def _for_code(self, client: Document, form: dict[str, str]) -> Issued:
        if not form.get("code") or not form.get("redirect_uri"):
            raise _RefusedError("invalid_request")
        found = self._directory.codes.take(form["code"])
        if found is None or found["client"] != client["ClientId"]:
            raise _RefusedError("invalid_grant")
        if registered(form["redirect_uri"], [found["redirect_uri"]], self._addresses) is None:
            raise _RefusedError("invalid_grant")
        if not _proves(form.get("code_verifier", ""), found["challenge"]):
            raise _RefusedError("invalid_grant")
        user = self._directory.users.find(found["pool"], found["username"])
        if user is None or not user["Enabled"]:
            raise _RefusedError("invalid_grant")
        return self._directory.tokens.begin(client, user, scopes=found["scopes"], nonce=found["nonce"])

    def _for_refresh_token(self, client: Document, form: dict[str, str]) -> Issued:
        if not form.get("refresh_token"):
            raise _RefusedError("invalid_request")
        try:
            return self._directory.tokens.refresh(client, form["refresh_token"])
        except AwsError as error:
            raise _RefusedError("invalid_grant") from error

    def _end(self, client: Document, form: dict[str, str]) -> None:
        token = form.get("token", "")
        if not token or not client["EnableTokenRevocation"]:
            raise _RefusedError("invalid_request")
        if token.count(".") == 2:
            raise _RefusedError("unsupported_token_type")
        found = self._directory.sign_ins.of_refresh_token(token)
        if found is not None and found[1]["client"] != client["ClientId"]:
            raise _RefusedError("invalid_client")
        if found is not None:
            self._directory.sign_ins.end_one(found[0])

    def _client(self, visit: Visit, pool_id: str, form: dict[str, str]) -> Document:
        """The client, which proves that it knows its secret, if it has one: by Basic or in the form."""
        client_id, secret = _basic(visit) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not client_id:
            raise _RefusedError("invalid_request")
        try:
            client = self._directory.clients.get(pool_id, client_id)
        except AwsError as error:
            raise _RefusedError("invalid_client") from error
        known = client.get("ClientSecret", "")
        if not hmac.compare_digest(known.encode(), secret.encode()) or form.get("client_id", client_id) != client_id:
            raise _RefusedError("invalid_client")
        if not client.get("AllowedOAuthFlowsUserPoolClient"):
            raise _RefusedError("unauthorized_client")
        return client


def _form(visit: Visit) -> dict[str, str]:
    kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        pairs = parse_qsl(visit.request.body.decode(), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise _RefusedError("invalid_request") from error
    found = dict(pairs)
    if kind != _FORM or len(found) != len(pairs):
        raise _RefusedError("invalid_request")
    return found


def _basic(visit: Visit) -> tuple[str, str] | None:
    kind, _, text = visit.headers.get("authorization", "").partition(" ")
    if not kind:
        return None
    try:
        client_id, colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _RefusedError("invalid_client") from error
    if kind.lower() != "basic" or not colon:
        raise _RefusedError("invalid_client")
    return client_id, secret


def _proves(verifier: str, challenge: str) -> bool:
    """PKCE, S256. A verifier without a challenge proves nothing: somebody took the challenge out of the request."""
    if not challenge:
        return not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    found = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return hmac.compare_digest(found, challenge)


def _challenged(status: int, error: str, text: str) -> HttpResponse:
    said = f'error="{error}", error_description="{text}"'
    return answers.document(status, {"error": error, "error_description": text}, www_authenticate=said)


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
