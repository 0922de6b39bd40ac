"""An API for people: tokens of a Cognito pool, as the pool itself gives them."""

from __future__ import annotations

import pytest

from tests.clouds import LocalCloud
from tests.local.cognito_lab import Pool
from tests.local.iam_account import Account
from tests.local.rest_api import ECHO, Api, function

pytestmark = pytest.mark.local

UNAUTHORIZED = (401, "UnauthorizedException", {"message": "Unauthorized"})


def behind(pool: Pool, account: Account, **authorizer: str) -> Api:
    """An API with one method for ID tokens of this pool, and one for access tokens."""
    api = Api(account)
    made = api.client.create_authorizer(
        restApiId=api.id,
        name="people",
        type="COGNITO_USER_POOLS",
        providerARNs=[f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool.id}"],
        identitySource="method.request.header.Authorization",
        **authorizer,
    )["id"]
    people = {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": made}
    api.function("GET", "/who", function(account, ECHO), **people)
    api.mock("GET", "/scope", authorizationScopes=["aws.cognito.signin.user.admin"], **people)
    api.mock("GET", "/other-scope", authorizationScopes=["door/ask"], **people)
    api.deploy()
    return api


def test_a_token_of_the_pool_opens_the_method(local_cloud: LocalCloud, account: Account) -> None:
    """Who signed in may ask with the ID token, or with the access token where its scopes suffice, and nobody else."""
    pool = Pool(local_cloud)
    pool.add_user("ada", email="ada@example.org")
    tokens = pool.password_auth("ada")["AuthenticationResult"]
    api = behind(pool, account)
    identity, access = ({"authorization": f"Bearer {tokens[name]}"} for name in ("IdToken", "AccessToken"))
    claims = api.ask("/prod/who", headers=identity).document["requestContext"]["authorizer"]["claims"]
    assert (claims["cognito:username"], claims["email"], claims["token_use"]) == ("ada", "ada@example.org", "id")
    assert api.ask("/prod/scope", headers=access).status == 200
    for path, headers in (("/prod/who", access), ("/prod/scope", identity), ("/prod/other-scope", access)):
        assert api.ask(path, headers=headers).refusal == UNAUTHORIZED, (path, headers)
    for headers in ({}, {"authorization": tokens["IdToken"][:-3] + "abc"}):
        assert api.ask("/prod/who", headers=headers).refusal == UNAUTHORIZED


def test_a_token_of_another_pool_or_client_opens_nothing(local_cloud: LocalCloud, account: Account) -> None:
    """A person of another pool is Unauthorized, and so is one of another client where the authorizer names its own."""
    pool, other = Pool(local_cloud), Pool(local_cloud)
    tokens = {}
    for each in (pool, other):
        each.add_user("ada")
        tokens[each.id] = {"authorization": each.password_auth("ada")["AuthenticationResult"]["IdToken"]}
    api = behind(pool, account, identityValidationExpression=pool.client_id)
    assert api.ask("/prod/who", headers=tokens[pool.id]).status == 200
    assert api.ask("/prod/who", headers=tokens[other.id]).refusal == UNAUTHORIZED
    pool.client_id = pool.add_client(ClientName="another")["ClientId"]
    another = {"authorization": pool.password_auth("ada")["AuthenticationResult"]["IdToken"]}
    assert api.ask("/prod/who", headers=another).refusal == UNAUTHORIZED
