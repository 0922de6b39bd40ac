"""Logins by an identity provider: calls to STS that nobody signs, for their token says who calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from localcloud.iam import web_identity
from localcloud.platform.errors import UnsupportedError
from localcloud.wire import protocol, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.iam.authorization import Authorization
    from localcloud.iam.web_identity import WebIdentity
    from localcloud.platform.service import HttpRequest, HttpResponse
    from localcloud.platform.token_issuers import TokenIssuers
    from localcloud.wire.api_requests import ApiRequest

WEB_IDENTITY = ("sts", "AssumeRoleWithWebIdentity")
_SAML = "AssumeRoleWithSAML"
_RESULT = re.compile(rb"(<AssumeRoleWithWebIdentityResult[^>]*>)")
_ROLE_ID = re.compile(rb"<AssumedRoleId>[^<:]*:")
_PACKED_SIZE = re.compile(rb"\s*<PackedPolicySize>[^<]*</PackedPolicySize>")


class Federation:
    def __init__(self, authorization: Authorization, issuers: TokenIssuers) -> None:
        self._authorization = authorization
        self._issuers = issuers

    def answer(self, call: ApiRequest, region: str, begin_session: Callable[[], HttpResponse]) -> HttpResponse:
        """The answer of ``begin_session``, for whom the role trusts. Raises AwsError in STS's words."""
        identity = web_identity.verified(
            str(call.params.get("WebIdentityToken", "")), self._authorization.state, self._issuers
        )
        self._authorization.authorize_web_identity(call, identity, region)
        return self._told(call, identity, begin_session())

    def _told(self, call: ApiRequest, identity: WebIdentity, answer: HttpResponse) -> HttpResponse:
        """The answer with what moto does not know: who came, by whom, for whom, and the role's own id."""
        found = self._authorization.state.identity("role", str(call.params["RoleArn"]).rpartition("/")[2])
        told = (
            ("SubjectFromWebIdentityToken", identity.subject),
            ("Audience", identity.audience),
            ("Provider", identity.provider),
        )
        added = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told).encode()
        body = _RESULT.sub(lambda match: match[1] + added, answer.body, count=1)
        if found is not None:
            body = _ROLE_ID.sub(f"<AssumedRoleId>{found[1]}:".encode(), body, count=1)
        if not call.params.get("Policy"):
            body = _PACKED_SIZE.sub(b"", body)
        return answer.with_body(body)


def is_login(request: HttpRequest) -> bool:
    """Whether a request is a login that nobody signed. Raises UnsupportedError for one by SAML.

    That such a call lacks a signature would send its reader after credentials, which the login is to bring.
    """
    if protocol.signature(request) is not None:
        return False
    if written.media_type(request) != written.FORM and "Action=" not in request.query:
        return False
    asked = written.read(request)
    if asked is not None and asked.operation == _SAML:
        raise UnsupportedError(f"sts:{_SAML} (nothing here verifies the signature of a provider's assertion)")
    return asked is not None and ("sts", asked.operation) == WEB_IDENTITY
