"""The page, the sign-in and the API on three local addresses, in the place of CloudFront, Cognito and API Gateway.

The sign-in is a page with a button. The API is the function's own code for schema and reference; its answers are what
a test says. All of them send the headers that the stacks have them send.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from handover.door import Door
from handover.door_schema import openapi, page_schema
from tests.clouds import PROJECT

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
TOKEN = "token-of-the-test"


@dataclass
class Reply:
    """status 200 and a document; or a refusal. before: called while the page waits."""

    document: dict[str, Any]
    status: int = 200
    before: Callable[[], object] = lambda: None


@dataclass
class Site:
    """One door's site. asked: the bodies of predictions with their content types."""

    door: Door
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    programs: str | None = None
    renews: bool = True
    page: str = ""
    sign_in: str = ""
    api: str = ""

    @property
    def policy(self) -> str:
        """As the stack of the page has it (stacks/constructs/page_site.py)."""
        sources = f"'self' {self.api} {self.sign_in}"
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
            f" manifest-src 'self'; connect-src {sources}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )

    def of_the_page(self, asked: Asked) -> Sent:
        path = "/index.html" if asked.path == "/" else asked.path
        headers = {"content-security-policy": self.policy, "x-content-type-options": "nosniff"}
        if path == "/config.json":
            config = {
                "workload": self.door.workload,
                "api": f"{self.api}/live/people/",
                "programs": self.programs,
                "sign_in": self.sign_in,
                "client_id": "client",
                "scopes": ["openid"],
            }
            return Sent(200, json.dumps(config).encode(), {**headers, "content-type": "application/json"})
        file = PROJECT / "web" / path.lstrip("/")
        if not file.is_file() or PROJECT / "web" not in file.resolve().parents:
            return Sent(404, b"", headers)
        return Sent(200, file.read_bytes(), {**headers, "content-type": TYPES[file.suffix]})

    def of_the_sign_in(self, asked: Asked) -> Sent:
        if asked.path == "/oauth2/authorize":
            given = {name: values[0] for name, values in parse_qs(asked.query).items()}
            assert (given["client_id"], given["code_challenge_method"]) == ("client", "S256")
            self.codes["code-1"] = given["code_challenge"]
            back = urlencode({"code": "code-1", "state": given["state"]})
            link = f"<a id='go' href='{given['redirect_uri']}?{back}'>Go</a>"
            page = f"<!doctype html><html lang='en'><title>Sign in</title>{link}"
            return Sent(200, page.encode(), {"content-type": "text/html"})
        if asked.path == "/oauth2/token":
            return self._token({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
        return Sent(302, b"", {"location": self.page + "/"})

    def _token(self, given: dict[str, str]) -> Sent:
        verifier = given.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        headers = {"content-type": "application/json", "access-control-allow-origin": self.page}
        renewed = self.renews and given.get("refresh_token") == "r"
        if not renewed and self.codes.pop(given.get("code", ""), None) != challenge:
            return Sent(400, b'{"error": "invalid_grant"}', headers)
        answer = {"access_token": TOKEN, "refresh_token": "r", "id_token": "i", "expires_in": 3600}
        return Sent(200, json.dumps(answer).encode(), headers)

    def of_the_api(self, asked: Asked) -> Sent:
        headers = {"content-type": "application/json", "access-control-allow-origin": self.page}
        if asked.method == "OPTIONS":
            allowed = {"access-control-allow-headers": "Authorization,Content-Type"}
            return Sent(204, b"", headers | allowed)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Sent(401, b'{"message": "Unauthorized"}', headers)
        name = asked.path.removeprefix("/live/people/")
        if name == "schema":
            return Sent(200, json.dumps(page_schema(self.door, release=7)).encode(), headers)
        if name == "openapi.json":
            document = openapi(self.door, release=7, server="/live/people", caller="people")
            return Sent(200, json.dumps(document).encode(), headers)
        self.asked.append((asked.headers["content-type"], asked.body))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        reply.before()
        return Sent(reply.status, json.dumps(reply.document).encode(), headers)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Sent:
    status: int
    body: bytes
    headers: dict[str, str]


@contextmanager
def open_site(door: Door) -> Iterator[Site]:
    site = Site(door)
    with ExitStack() as stack:
        site.page = stack.enter_context(served(site.of_the_page))
        site.sign_in = stack.enter_context(served(site.of_the_sign_in))
        site.api = stack.enter_context(served(site.of_the_api))
        yield site


@contextmanager
def served(answer: Callable[[Asked], Sent]) -> Iterator[str]:
    """The address of a server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            place = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = answer(Asked(self.command, place.path, place.query, headers, body))
            self.send_response(sent.status)
            for name, value in {**sent.headers, "content-length": str(len(sent.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent.body)

        do_GET = do_POST = do_OPTIONS = handle_any  # noqa: N815  (names of the standard library)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
