"""Which tokens a Cognito authorizer takes."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from localcloud.platform.loopback_http import LoopbackResponse
from localcloud.platform.settings import Settings
from localcloud.services.apigateway.gateway_responses import Refused
from localcloud.services.apigateway.serving.cognito import EXPIRED, CognitoTokens
from localcloud.services.apigateway.serving.integrations import Integration, LambdaProxy
from localcloud.services.apigateway.serving.request_checks import BodySchemas, Parameters
from localcloud.services.apigateway.serving.snapshots import Authorizer, Method

POOL = "us-east-1_Mine"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
KEY = RSAKey.generate_key(2048, parameters={"kid": "one"})
OTHER = RSAKey.generate_key(2048, parameters={"kid": "one"})


def method(*scopes: str, audience: str = "") -> Method:
    return Method(
        resource_id="r",
        resource_path="/a",
        http_method="GET",
        authorization="COGNITO_USER_POOLS",
        authorizer=Authorizer(
            pools=(POOL,), header="authorization", audience=re.compile(audience) if audience else None
        ),
        scopes=scopes,
        key_required=False,
        parameters=Parameters(),
        bodies=BodySchemas(),
        integration=Integration(backend=LambdaProxy(function_arn="f"), limit_seconds=1),
    )


def token(*, key: Any = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    said = {"iss": ISSUER, "sub": "ada", "token_use": "id", "exp": int(time.time()) + 3600, **claims}
    return jwt.encode(header or {"alg": "RS256", "kid": "one"}, said, key, algorithms=["RS256", "HS256"])


class Tokens:
    """An authorizer's view of a pool that publishes the one key."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tokens = CognitoTokens(Settings(port=4730))
        self.tokens._connections = self  # type: ignore[assignment]

    async def get(self, _: int, path: str, __: dict[str, str]) -> LoopbackResponse:
        self.asked.append(path)
        body = json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
        return LoopbackResponse(status=200 if f"/{POOL}/" in path else 404, body=body)

    def claims(self, header: str, *scopes: str, audience: str = "") -> dict[str, Any]:
        asked = method(*scopes, audience=audience)
        return asyncio.run(self.tokens.claims(asked, {"authorization": header} if header else {}))


def test_a_token_of_the_pool_counts() -> None:
    """An ID token counts with and without Bearer, and the pool's keys are asked for once."""
    tokens = Tokens()
    for header in (token(), f"Bearer {token()}"):
        assert tokens.claims(header)["sub"] == "ada"
    assert tokens.asked == [f"/_cognito-idp/{POOL}/.well-known/jwks.json"]


def test_a_method_with_scopes_takes_access_tokens() -> None:
    """Where the method has scopes, an access token with one of them counts, and nothing else."""
    access = token(token_use="access", scope="openid door/ask")
    assert Tokens().claims(access, "door/ask")["sub"] == "ada"
    for header, scopes in ((access, ["door/change"]), (token(), ["door/ask"]), (access, [])):
        with pytest.raises(Refused, match="Unauthorized"):
            Tokens().claims(header, *scopes)


def test_an_authorizer_may_name_its_client() -> None:
    """A token for another client of the pool is Unauthorized, by an ID token's aud and an access token's client_id."""
    identity, access = token(aud="page"), token(token_use="access", scope="s", client_id="page")
    assert Tokens().claims(identity, audience="page|other")["aud"] == "page"
    assert Tokens().claims(access, "s", audience="page")["client_id"] == "page"
    for header, scopes in ((identity, []), (access, ["s"]), (token(), [])):
        with pytest.raises(Refused, match="Unauthorized"):
            Tokens().claims(header, *scopes, audience="pag")


def unsigned(text: str) -> str:
    """The token with another payload, and its old signature."""
    head, _, tail = text.split(".")
    _, payload, _ = token(sub="eve").split(".")
    return f"{head}.{payload}.{tail}"


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer x", "a.b.c", "x" * 20_000, "Basic YTpi"),
        token(key=OTHER),
        unsigned(token()),
        token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other"),
        token(iss=f"https://evil.example.com/{POOL}"),
        token(iss=1),
        token(exp=None),
        token(header={"alg": "RS256", "kid": "two"}),
        token(key=OctKey.import_key("secret" * 8), header={"alg": "HS256", "kid": "one"}),
    ],
    ids=[
        "none",
        "empty",
        "short",
        "dots",
        "long",
        "basic",
        "key",
        "tampered",
        "pool",
        "issuer",
        "number",
        "exp",
        "kid",
        "hs",
    ],
)
def test_other_tokens_are_unauthorized(header: str) -> None:
    """No token, another pool's, a tampered one and one of another key or algorithm are all Unauthorized."""
    with pytest.raises(Refused) as refused:
        Tokens().claims(header)
    assert (refused.value.status, refused.value.message, refused.value.error_type) == (
        *(401, "Unauthorized"),
        "UnauthorizedException",
    )


def test_an_expired_token_is_told_so() -> None:
    """A token whose time is over is a 401 in AWS's words."""
    with pytest.raises(Refused) as refused:
        Tokens().claims(token(exp=int(time.time()) - 1))
    assert (refused.value.status, refused.value.message) == (401, EXPIRED)
    assert EXPIRED == "The incoming token has expired"


def test_unknown_keys_do_not_ask_the_pool_each_time() -> None:
    """A flood of tokens with unknown keys asks the pool once in a second."""
    tokens = Tokens()
    for _ in range(3):
        with pytest.raises(Refused):
            tokens.claims(token(header={"alg": "RS256", "kid": "two"}))
    assert len(tokens.asked) == 1
