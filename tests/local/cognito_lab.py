"""A user pool of one test, and a browser for its sign-in page: cookies and forms, no JavaScript."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import secrets
import uuid
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.clouds import LocalCloud

CALLBACK, SIGNED_OUT = "https://d111111abcdef8.cloudfront.net/", "https://d111111abcdef8.cloudfront.net/bye"
PASSWORD = "A-good-passw0rd"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address to which the answer redirects."""
        return dict(parse_qsl(urlsplit(self.headers["location"]).query))

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.text)


def ask(
    cloud: LocalCloud, method: str, host: str, path: str, *, body: str = "", headers: dict[str, str] | None = None
) -> Answer:
    """One request to a virtual host: the connection goes to the loopback, whatever the name resolves to."""
    port = urlsplit(cloud.endpoint_url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        sent = {"Host": f"{host}:{port}", **(headers or {})}
        connection.request(method, path, body=body.encode() if body else None, headers=sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read().decode())
    finally:
        connection.close()


def unsigned(cloud: LocalCloud) -> Any:
    """A client of somebody without AWS credentials."""
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return boto3.client("cognito-idp", endpoint_url=cloud.endpoint_url, region_name="us-east-1", config=config)


@dataclass
class Pool:
    """A pool with a client and a domain."""

    cloud: LocalCloud
    client_settings: dict[str, Any] = field(default_factory=dict)
    pool_settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api = self.cloud.client("cognito-idp")
        self.domain = f"t{uuid.uuid4().hex[:10]}"
        settings = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}, **self.pool_settings}
        self.id = self.api.create_user_pool(PoolName=self.domain, **settings)["UserPool"]["Id"]
        self.client = self.add_client(**self.client_settings)
        self.client_id = self.client["ClientId"]
        self.api.create_user_pool_domain(Domain=self.domain, UserPoolId=self.id)

    def add_client(self, **settings: Any) -> dict[str, Any]:
        asked = {
            "ClientName": "page",
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": ["openid", "email", "aws.cognito.signin.user.admin"],
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": [SIGNED_OUT],
            "SupportedIdentityProviders": ["COGNITO"],
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "PreventUserExistenceErrors": "ENABLED",
            **settings,
        }
        made: dict[str, Any] = self.api.create_user_pool_client(UserPoolId=self.id, **asked)["UserPoolClient"]
        return made

    def add_user(self, name: str, *, password: str = PASSWORD, permanent: bool = True, **attributes: str) -> None:
        given = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.api.admin_create_user(
            UserPoolId=self.id,
            Username=name,
            TemporaryPassword=password,
            UserAttributes=given,
            MessageAction="SUPPRESS",
        )
        if permanent:
            self.api.admin_set_user_password(UserPoolId=self.id, Username=name, Password=password, Permanent=True)

    def password_auth(self, name: str, password: str = PASSWORD) -> dict[str, Any]:
        """InitiateAuth of somebody without AWS credentials."""
        found: dict[str, Any] = unsigned(self.cloud).initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
        return found

    def keys(self) -> KeySet:
        host, path = "cognito-idp.localhost", f"/{self.id}/.well-known/jwks.json"
        return KeySet.import_key_set(ask(self.cloud, "GET", host, path).json)

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token, whose signature is held against the pool's published key."""
        return dict(jwt.decode(token, self.keys(), algorithms=["RS256"]).claims)

    def browser(self) -> Browser:
        return Browser(self)


class Browser:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.cookies: dict[str, str] = {}
        self.verifier = secrets.token_urlsafe(48)

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        return self._ask("POST", path, body=urlencode(fields), headers={"Content-Type": FORM})

    def query(self, **changed: str) -> str:
        """The parameters of an authorize request; an empty text takes one out."""
        hashed = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.pool.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "state": "a state",
            "code_challenge": base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changed,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    def authorize(self, **changed: str) -> Answer:
        return self.get(f"/oauth2/authorize?{self.query(**changed)}")

    def sign_in(self, name: str, password: str = PASSWORD, **changed: str) -> Answer:
        """What comes of name and password, typed into the page to which the authorize endpoint sends."""
        sent = self.authorize(**changed)
        assert sent.status == 302, sent.text
        page = self.get(sent.headers["location"])
        return self.submit(page, username=name, password=password)

    def submit(self, page: Answer, **typed: str) -> Answer:
        """Sends the form of a page, with what it hides and what was typed."""
        action = re.search(r'<form method="post" action="([^"]*)"', page.text)
        assert action is not None, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return self.post(unescape(action[1]), **{name: unescape(value) for name, value in hidden.items()}, **typed)

    def redeem(self, code: str, **changed: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "client_id": self.pool.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changed,
        }
        return self.post("/oauth2/token", **{name: value for name, value in form.items() if value})

    def tokens(self, name: str, password: str = PASSWORD) -> dict[str, Any]:
        redeemed = self.redeem(self.sign_in(name, password).query["code"])
        assert redeemed.status == 200, redeemed.text
        found: dict[str, Any] = redeemed.json
        return found

    def bearer(self, path: str, token: str) -> Answer:
        return self._ask("GET", path, headers={"Authorization": f"Bearer {token}"})

    def _ask(self, method: str, path: str, *, body: str = "", headers: dict[str, str] | None = None) -> Answer:
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        host = f"{self.pool.domain}.auth.localhost"
        answer = ask(self.pool.cloud, method, host, path, body=body, headers=sent)
        if "set-cookie" in answer.headers:
            name, _, rest = answer.headers["set-cookie"].partition("=")
            value = rest.partition(";")[0]
            self.cookies = {key: text for key, text in self.cookies.items() if key != name}
            self.cookies |= {name: value} if value else {}
        return answer
