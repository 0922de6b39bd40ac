"""Which tokens stand for whom, in STS's words where they do not."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, cast

import pytest

from localcloud.iam import web_identity
from localcloud.iam.account_state import AccountState, IdentityProvider
from localcloud.iam.document import PolicyKind, parse_policy
from localcloud.iam.evaluation import Policies, Principal, Request, evaluate
from localcloud.iam.policy_check import check_policies
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.token_issuers import TokenIssuers
from localcloud.wire.api_requests import ApiRequest

HERE, GITHUB = "https://idp.example.com/Pool_1", "https://token.actions.githubusercontent.com"
ARN = "arn:aws:iam::123456789012:oidc-provider/idp.example.com/Pool_1"
CLAIMS = {"iss": HERE, "aud": "client", "sub": "ann", "exp": int(time.time()) + 3600}


class State:
    """An account with two providers."""

    def identity_provider(self, issuer: str) -> IdentityProvider | None:
        return (
            IdentityProvider(arn=ARN, audiences=("client", "sts.amazonaws.com")) if issuer in (HERE, GITHUB) else None
        )


def token(**claims: Any) -> str:
    parts = ({"alg": "RS256"}, {**CLAIMS, **claims})
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + ".s"


def verified(text: str, *, signed: bool = True) -> web_identity.WebIdentity:
    issuers = TokenIssuers()
    issuers.add(lambda issuer: (lambda _: {} if signed else None) if issuer == HERE else None)
    return web_identity.verified(text, cast("AccountState", State()), issuers)


def test_a_token_stands_for_its_subject() -> None:
    """The provider's ARN is the principal, and audience, subject and methods are condition keys."""
    found = verified(token(amr=["authenticated"]))
    assert found.provider == ARN
    assert found.context() == {
        "idp.example.com/pool_1:aud": ("client",),
        "idp.example.com/pool_1:sub": ("ann",),
        "idp.example.com/pool_1:amr": ("authenticated",),
    }
    assert verified(token(azp="client", aud="other")).audience == "client"
    assert verified(token(aud=["client"])).audience == "client"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b.c", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"),
        ("", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"),
        (
            token(iss="https://other.example.com"),
            "No OpenIDConnect provider found in your account for https://other.example.com",
        ),
        (token(aud="stranger"), "Incorrect token audience"),
        (token(aud=None), "Incorrect token audience"),
        (token(aud=[]), "Incorrect token audience"),
    ],
)
def test_a_token_that_is_nobodys_is_refused(text: str, message: str) -> None:
    """InvalidIdentityToken, with the issuer that the account does not know."""
    with pytest.raises(AwsError) as found:
        verified(text)
    assert (found.value.code, found.value.message) == ("InvalidIdentityToken", message)


def test_a_token_counts_by_its_signature_and_for_its_time() -> None:
    """One that its issuer did not sign is invalid, and one that has ended says when."""
    with pytest.raises(AwsError, match="could not be validated") as found:
        verified(token(), signed=False)
    assert found.value.code == "InvalidIdentityToken"
    with pytest.raises(AwsError, match="before the expiration date/time 17") as found:
        verified(token(exp=17))
    assert found.value.code == "ExpiredTokenException"


def test_a_provider_whose_keys_lie_elsewhere_is_refused_by_name() -> None:
    """Nothing is fetched from the internet, so nobody can tell."""
    with pytest.raises(UnsupportedError, match=r"token\.actions\.githubusercontent\.com"):
        verified(token(iss=GITHUB))


def trust(condition: dict[str, Any], principal: str = ARN) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": principal},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("document", "allowed"),
    [
        (trust({"StringEquals": {"idp.example.com/Pool_1:aud": "client"}}), True),
        (trust({"StringLike": {"idp.example.com/Pool_1:sub": "a*"}}), True),
        (trust({"StringEquals": {"idp.example.com/Pool_1:aud": "other"}}), False),
        (trust({"StringEquals": {"other.example.com:aud": "client"}}), False),
        (trust({}, "arn:aws:iam::123456789012:oidc-provider/other.example.com"), False),
    ],
)
def test_a_trust_policy_asks_who_and_for_whom(document: dict[str, Any], allowed: bool) -> None:
    """Its principal is the provider, and its conditions see the token's claims."""
    decision = evaluate(
        Request(
            principal=Principal(account_id="", arn="", federated=ARN),
            action="sts:AssumeRoleWithWebIdentity",
            resource="arn:aws:iam::123456789012:role/r",
            context=verified(token()).context(),
        ),
        Policies(resource=parse_policy(document, name="r", kind=PolicyKind.TRUST), resource_policy_required=True),
    )
    assert decision.allowed is allowed


def test_a_tokens_keys_are_for_trust_policies_alone() -> None:
    """A role may ask for GitHub's audience and subject; other claims, and other policies, are refused as before."""

    def put(operation: str, parameter: str, key: str) -> None:
        document = trust({"StringEquals": {key: "x"}})
        if parameter == "PolicyDocument":
            document["Statement"][0] |= {"Resource": "*"}
            del document["Statement"][0]["Principal"]
        check_policies(ApiRequest(service="iam", operation=operation, params={parameter: json.dumps(document)}))

    put("CreateRole", "AssumeRolePolicyDocument", "token.actions.githubusercontent.com:sub")
    with pytest.raises(AwsError, match="does not evaluate"):
        put("CreateRole", "AssumeRolePolicyDocument", "token.actions.githubusercontent.com:repository")
    with pytest.raises(AwsError, match="does not evaluate"):
        put("PutRolePolicy", "PolicyDocument", "token.actions.githubusercontent.com:sub")
