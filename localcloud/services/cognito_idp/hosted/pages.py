"""The pages themselves: plain HTML that works without JavaScript, by keyboard and by screen reader."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from urllib.parse import urlsplit

_STYLE = """
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { width: min(22rem, 100vw - 2rem) }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; border: 1px solid; border-radius: .3rem }
button { margin-top: 1.5rem; width: 100%; padding: .7rem; font: inherit; font-weight: 600; border: 0;
         border-radius: .3rem; background: #1455b8; color: #fff; cursor: pointer }
:focus-visible { outline: 3px solid #e08a00; outline-offset: 2px }
[role=alert] { padding: .6rem .8rem; border-left: .3rem solid #c4231f }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def security_policy(redirect_uri: str = "") -> str:
    """No script, no foreign host. A form's answer may redirect to the client's page, which browsers check as well."""
    origin = _origin(redirect_uri)
    target = f" {origin}" if origin else ""
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'{target}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def sign_in(*, action: str, csrf: str, label: str, problem: str = "", name: str = "") -> str:
    """``label``: what people of this pool call themselves, such as their e-mail address."""
    fields = (
        _field("username", label, "text", "username", value=name),
        _field("password", "Password", "password", "current-password"),
    )
    return _form("Sign in", action, {"_csrf": csrf}, fields, "Sign in", problem)


def new_password(*, action: str, csrf: str, session: str, problem: str = "") -> str:
    """For a temporary password, which its user has to replace."""
    fields = (
        _field("password", "New password", "password", "new-password"),
        _field("confirm", "New password again", "password", "new-password"),
    )
    hidden = {"_csrf": csrf, "session": session}
    return _form("Choose a new password", action, hidden, fields, "Save and sign in", problem)


def failure(title: str, text: str) -> str:
    return _page(title, f"<p>{escape(text)}</p>")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:" if parts.scheme else ""


def _field(name: str, label: str, kind: str, autocomplete: str, *, value: str = "") -> str:
    given = f' value="{escape(value)}"' if value else ""
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{autocomplete}" required{given}'
        ' autocapitalize="none" spellcheck="false">'
    )


def _form(title: str, action: str, hidden: dict[str, str], fields: tuple[str, ...], button: str, problem: str) -> str:
    kept = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
    alert = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    body = f'{alert}<form method="post" action="{escape(action)}">{kept}{"".join(fields)}'
    return _page(title, f'{body}<button type="submit">{escape(button)}</button></form>')


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
