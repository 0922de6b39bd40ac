"""The sign-in page: name and password, a new password in the place of a temporary one, and signing out.

Two cookies: one remembers who signed in, the other must agree with the form (``_csrf``), so that no other site's form
signs anybody in.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp.directory import CODE_SECONDS, COOKIE_SECONDS
from localcloud.services.cognito_idp.hosted import answers, asked, pages
from localcloud.services.cognito_idp.hosted.asked import PageError

if TYPE_CHECKING:
    from localcloud.platform.service import HttpResponse, Visit
    from localcloud.platform.store import Document
    from localcloud.services.cognito_idp.directory import Directory
    from localcloud.services.cognito_idp.hosted.asked import Asked
    from localcloud.wire.addresses import Addresses

#: What the sign-in page calls the attributes with which people may name themselves.
_LABELS = {"email": "Email", "phone_number": "Phone number"}
_SESSION, _CSRF = "cognito", "XSRF-TOKEN"


class SignIn:
    def __init__(self, directory: Directory, addresses: Addresses) -> None:
        self._directory = directory
        self._addresses = addresses

    def authorize(self, visit: Visit, pool_id: str) -> HttpResponse:
        """A code at once for somebody who has signed in before, the sign-in page for anybody else."""
        wanted = self._asked(visit, pool_id)
        user = self._remembered(visit, pool_id)
        if user is None or wanted.prompt == "login":
            return answers.redirect(f"{visit.base}/login?{visit.request.query}")
        return answers.redirect(self._with_code(wanted, user))

    def show(self, visit: Visit, pool_id: str) -> HttpResponse:
        return self._form(visit, self._asked(visit, pool_id))

    def submit(self, visit: Visit, pool_id: str) -> HttpResponse:
        wanted, form = self._asked(visit, pool_id), self._submitted(visit)
        name, password = form.get("username", "").strip(), form.get("password", "")
        try:
            user = self._directory.authentication.with_password(wanted.client, name, password)
        except AwsError as error:
            return self._form(visit, wanted, problem=error.message, name=name)
        if self._directory.authentication.must_change(user):
            session = self._directory.authentication.challenge(wanted.client, user)
            return self._new_password(visit, wanted, session)
        return self._signed_in(visit, wanted, user)

    def change_password(self, visit: Visit, pool_id: str) -> HttpResponse:
        wanted, form = self._asked(visit, pool_id), self._submitted(visit)
        session, password = form.get("session", ""), form.get("password", "")
        if password != form.get("confirm", ""):
            return self._new_password(visit, wanted, session, problem="The two passwords differ.")
        try:
            user = self._directory.authentication.answer_challenge(wanted.client, session, password)
        except AwsError as error:
            if error.code == "InvalidPasswordException":
                return self._new_password(visit, wanted, session, problem=error.message)
            return self._form(visit, wanted, problem=error.message)
        return self._signed_in(visit, wanted, user)

    def sign_out(self, visit: Visit, pool_id: str) -> HttpResponse:
        """Forgets who signed in, then goes to the client's sign-out page, or to the sign-in page again."""
        given = asked.parameters(visit.request.query)
        client = asked.client_of(given, pool_id, self._directory.clients)
        if "logout_uri" in given:
            target = asked.registered(given["logout_uri"], client.get("LogoutURLs", []), self._addresses)
            if target is None:
                raise PageError("redirect_mismatch", "The logout_uri is none of the client's sign-out URLs.")
            target = answers.with_query(target, {"state": given["state"]}) if given.get("state") else target
        else:
            self._asked(visit, pool_id)
            target = f"{visit.base}/login?{visit.request.query}"
        known = _cookies(visit).get(_SESSION, "")
        if known:
            self._directory.cookies.forget(known)
        return answers.redirect(target, cookie=_cookie(visit, _SESSION, "", seconds=0))

    def _asked(self, visit: Visit, pool_id: str) -> Asked:
        return asked.read(visit.request.query, pool_id, self._directory.clients, self._addresses)

    def _form(self, visit: Visit, wanted: Asked, *, problem: str = "", name: str = "") -> HttpResponse:
        csrf = _cookies(visit).get(_CSRF) or secrets.token_urlsafe(24)
        label = self._label(wanted.client["UserPoolId"])
        page = pages.sign_in(action=_action(visit, "login"), csrf=csrf, label=label, problem=problem, name=name)
        cookie = _cookie(visit, _CSRF, csrf, seconds=COOKIE_SECONDS)
        policy = pages.security_policy(wanted.redirect_uri)
        return answers.html(400 if problem else 200, page, policy=policy, cookie=cookie)

    def _label(self, pool_id: str) -> str:
        pool = self._directory.pools.get(pool_id)
        names = [_LABELS[name] for name in pool.get("UsernameAttributes", ())] or [
            "Username",
            *(_LABELS[name].lower() for name in pool.get("AliasAttributes", ()) if name in _LABELS),
        ]
        return " or ".join(dict.fromkeys(names))

    def _new_password(self, visit: Visit, wanted: Asked, session: str, *, problem: str = "") -> HttpResponse:
        csrf, action = _cookies(visit)[_CSRF], _action(visit, "changePassword")
        page = pages.new_password(action=action, csrf=csrf, session=session, problem=problem)
        return answers.html(400 if problem else 200, page, policy=pages.security_policy(wanted.redirect_uri))

    def _submitted(self, visit: Visit) -> dict[str, str]:
        """Raises PageError for a form that this page did not show, such as another site's."""
        form = dict(parse_qsl(visit.request.body.decode("utf-8", "replace"), keep_blank_values=True))
        known, given = _cookies(visit).get(_CSRF, ""), form.get("_csrf", "")
        if not known or not hmac.compare_digest(known.encode(), given.encode()) or not _from_itself(visit):
            raise PageError(
                "invalid_request", "This form is too old, or not of this page. Please begin again.", status=403
            )
        return form

    def _remembered(self, visit: Visit, pool_id: str) -> Document | None:
        found = self._directory.cookies.look(_cookies(visit).get(_SESSION, ""))
        if found is None or found["pool"] != pool_id:
            return None
        user = self._directory.users.find(pool_id, found["username"])
        return user if user is not None and user["Enabled"] and user["attributes"]["sub"] == found["sub"] else None

    def _signed_in(self, visit: Visit, wanted: Asked, user: Document) -> HttpResponse:
        remembered = {"pool": user["Pool"], "username": user["Username"], "sub": user["attributes"]["sub"]}
        text = self._directory.cookies.give(remembered, seconds=COOKIE_SECONDS)
        cookie = _cookie(visit, _SESSION, text, seconds=COOKIE_SECONDS)
        return answers.redirect(self._with_code(wanted, user), cookie=cookie)

    def _with_code(self, wanted: Asked, user: Document) -> str:
        document = {
            "pool": user["Pool"],
            "username": user["Username"],
            "client": wanted.client["ClientId"],
            "redirect_uri": wanted.redirect_uri,
            "scopes": list(wanted.scopes),
            "nonce": wanted.nonce,
            "challenge": wanted.challenge,
        }
        code = self._directory.codes.give(document, seconds=CODE_SECONDS)
        return answers.with_query(wanted.redirect_uri, {"code": code, "state": wanted.state})


def _action(visit: Visit, page: str) -> str:
    return f"{visit.base}/{page}?{visit.request.query}"


def _cookies(visit: Visit) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    try:
        found.load(visit.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}


def _cookie(visit: Visit, name: str, value: str, *, seconds: int) -> str:
    """Without ``Secure``, which AWS sets: the local cloud speaks HTTP, on the loopback alone."""
    return f"{name}={value}; Path={visit.base or '/'}; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def _from_itself(visit: Visit) -> bool:
    """Whether the form was sent by this host's page, as far as the browser says it."""
    origin = visit.request.headers.get("origin", "")
    return origin in ("", "null") or urlsplit(origin).netloc == visit.request.headers.get("host", "")
