"""The host of a domain prefix, ``http://<prefix>.auth.localhost:PORT/…``: which page or endpoint answers a path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp.hosted import answers, pages
from localcloud.services.cognito_idp.hosted.asked import PageError, RedirectError
from localcloud.services.cognito_idp.hosted.oauth import OAuth
from localcloud.services.cognito_idp.hosted.sign_in import SignIn
from localcloud.wire.addresses import Addresses

if TYPE_CHECKING:
    from localcloud.platform.service import HttpResponse, Visit
    from localcloud.platform.settings import Settings
    from localcloud.services.cognito_idp.directory import Directory

Page = Callable[["Visit", str], "HttpResponse"]


class Site:
    def __init__(self, directory: Directory, settings: Settings) -> None:
        self._directory = directory
        addresses = Addresses(region=settings.region, port=settings.port)
        sign_in, oauth = SignIn(directory, addresses), OAuth(directory, addresses)
        self._pages: dict[tuple[str, str], Page] = {
            ("GET", "/oauth2/authorize"): sign_in.authorize,
            ("GET", "/login"): sign_in.show,
            ("POST", "/login"): sign_in.submit,
            ("POST", "/changePassword"): sign_in.change_password,
            ("GET", "/logout"): sign_in.sign_out,
            ("POST", "/oauth2/token"): oauth.token,
            ("OPTIONS", "/oauth2/token"): lambda *_: answers.preflight("POST"),
            ("GET", "/oauth2/userInfo"): oauth.user_info,
            ("POST", "/oauth2/userInfo"): oauth.user_info,
            ("OPTIONS", "/oauth2/userInfo"): lambda *_: answers.preflight("GET,POST"),
            ("POST", "/oauth2/revoke"): oauth.revoke,
            ("OPTIONS", "/oauth2/revoke"): lambda *_: answers.preflight("POST"),
        }

    async def answer(self, visit: Visit) -> HttpResponse:
        """On a thread of its own: a password takes a moment to be held against its hash."""
        return await asyncio.get_running_loop().run_in_executor(None, self._answer, visit)

    def _answer(self, visit: Visit) -> HttpResponse:
        try:
            return self._page(visit)
        except RedirectError as error:
            return answers.redirect(error.address)
        except PageError as error:
            page = pages.failure("An error was encountered with the requested page.", f"{error.code}: {error.text}")
            return answers.html(error.status, page, policy=pages.security_policy())

    def _page(self, visit: Visit) -> HttpResponse:
        domain = self._directory.domains.get(visit.name)
        if domain is None:
            raise PageError("invalid_request", f"There is no user pool with the domain {visit.name}.", status=404)
        if visit.refused is not None:
            raise PageError("invalid_request", visit.refused.message, status=visit.refused.status)
        method = "GET" if visit.request.method == "HEAD" else visit.request.method
        page = self._pages.get((method, visit.path))
        if page is None:
            known = {path for _, path in self._pages}
            status = 405 if visit.path in known else 404
            raise PageError("invalid_request", f"There is no {method} {visit.path}.", status=status)
        try:
            return page(visit, domain["UserPoolId"])
        except AwsError as error:
            raise PageError("invalid_request", error.message) from error
