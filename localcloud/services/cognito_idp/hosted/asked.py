"""What a browser asks of the authorize endpoint, held against the client. Wrong requests are told to the right party.

A request whose client or callback address is not known is answered with a page, never with a redirect: its address
could be anybody's. What else is wrong is told to the callback address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from localcloud.platform.errors import AwsError
from localcloud.services.cognito_idp.hosted.answers import with_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.store import Document
    from localcloud.services.cognito_idp.clients import Clients
    from localcloud.wire.addresses import Addresses

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class PageError(Exception):
    """Is told to the person in front of the browser: its text is a page."""

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status


class RedirectError(Exception):
    """Is told to the client, at its callback address."""

    def __init__(self, redirect_uri: str, error: str, state: str, description: str = "") -> None:
        super().__init__(error)
        said = {"error": error, "error_description": description, "state": state}
        self.address = with_query(redirect_uri, said)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that may be answered with a code, once its user has signed in."""

    client: Document
    redirect_uri: str
    """As the client registered it."""
    scopes: tuple[str, ...]
    state: str
    nonce: str
    challenge: str
    """The S256 hash of PKCE's verifier; empty without PKCE."""
    prompt: str


def parameters(query: str) -> dict[str, str]:
    """Raises PageError where a parameter is given twice."""
    pairs = parse_qsl(query, keep_blank_values=True)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PageError("invalid_request", "A parameter of the request is given twice.")
    return found


def read(query: str, pool_id: str, clients: Clients, addresses: Addresses) -> Asked:
    """Raises PageError and RedirectError."""
    given = parameters(query)
    client = client_of(given, pool_id, clients)
    redirect_uri = registered(given.get("redirect_uri", ""), client.get("CallbackURLs", []), addresses)
    if redirect_uri is None:
        raise PageError("redirect_mismatch", "The redirect_uri is none of the client's callback URLs.")
    state = given.get("state", "")

    def refuse(error: str, description: str = "") -> RedirectError:
        return RedirectError(redirect_uri, error, state, description)

    _check_flow(given, client, refuse)
    challenge, method = given.get("code_challenge", ""), given.get("code_challenge_method", "")
    if (challenge or method) and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
        raise refuse("invalid_request", "code challenge or its method is not supported (S256)")
    allowed = client["AllowedOAuthScopes"]
    scopes = given.get("scope", "").split() or allowed
    if any(scope not in allowed for scope in scopes):
        raise refuse("invalid_scope")
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        scopes=tuple(dict.fromkeys(scopes)),
        state=state,
        nonce=given.get("nonce", ""),
        challenge=challenge,
        prompt=given.get("prompt", ""),
    )


def client_of(given: dict[str, str], pool_id: str, clients: Clients) -> Document:
    try:
        return clients.get(pool_id, given.get("client_id", ""))
    except AwsError as error:
        raise PageError("invalid_request", "There is no such client (client_id).") from error


def registered(given: str, known: list[str], addresses: Addresses) -> str | None:
    """The known address that was given, in AWS's words or in the local ones for the same place; None for any other."""
    return next((each for each in (given, addresses.aws(given)) if each in known), None)


def _check_flow(given: dict[str, str], client: Document, refuse: Callable[..., RedirectError]) -> None:
    kind = given.get("response_type", "")
    if not kind:
        raise refuse("invalid_request", "response_type is missing")
    if kind not in ("code", "token"):
        raise refuse("unsupported_response_type")
    if not client.get("AllowedOAuthFlowsUserPoolClient") or kind != "code":
        raise refuse("unauthorized_client")
