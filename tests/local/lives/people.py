"""Who may sign in: Cognito."""

from __future__ import annotations

from typing import Any

from tests.local.lives.life import Life, Stack, attribute, own_tags, ref

POOL = {"Type": "AWS::Cognito::UserPool", "Properties": {}}
PAGE = "https://page.example/"


def pool(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = stack.client("cognito-idp").describe_user_pool(UserPoolId=outputs["Ref"])["UserPool"]
    policy = found["Policies"]["PasswordPolicy"]
    by_administrators = found["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    return policy["MinimumLength"], policy["RequireSymbols"], by_administrators, own_tags(found["UserPoolTags"])


def client(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    ids = {"UserPoolId": outputs["NeedPool"], "ClientId": outputs["Ref"]}
    found = stack.client("cognito-idp").describe_user_pool_client(**ids)["UserPoolClient"]
    names = ("CallbackURLs", "AllowedOAuthFlows", "AllowedOAuthScopes", "IdTokenValidity")
    return "ClientSecret" in found, *(found.get(name) for name in names)


def domain(stack: Stack, outputs: dict[str, str]) -> int:
    cognito = stack.client("cognito-idp")
    found = cognito.describe_user_pool_domain(Domain=outputs["Ref"])["DomainDescription"]
    assert found["UserPoolId"] == outputs["NeedPool"]
    version: int = found["ManagedLoginVersion"]
    return version


def group(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    ids = {"UserPoolId": outputs["NeedPool"], "GroupName": outputs["Ref"]}
    found = stack.client("cognito-idp").get_group(**ids)["Group"]
    return found.get("Description"), found.get("Precedence")


def user(stack: Stack, outputs: dict[str, str]) -> tuple[str, dict[str, str]]:
    ids = {"UserPoolId": outputs["NeedPool"], "Username": outputs["Ref"]}
    found = stack.client("cognito-idp").admin_get_user(**ids)
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"] if each["Name"] != "sub"}
    return found["UserStatus"], attributes


LIVES = [
    Life(
        type_name="AWS::Cognito::UserPool",
        first={
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
            "Policies": {"PasswordPolicy": {"MinimumLength": 12}},
            "UserPoolTags": {"team": "a"},
        },
        then={"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": "true"}},
        look=pool,
        at_first=(12, False, True, {"team": "a"}),
        later=(8, True, True, {}),
        attributes=("Arn", "ProviderName", "ProviderURL", "UserPoolId"),
    ),
    Life(
        type_name="AWS::Cognito::UserPoolClient",
        needs={"Pool": POOL},
        first={
            "UserPoolId": ref("Pool"),
            "GenerateSecret": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": ["openid"],
            "CallbackURLs": [PAGE],
            "IdTokenValidity": "2",
        },
        then={
            "UserPoolId": ref("Pool"),
            "GenerateSecret": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": ["openid", "email"],
            "CallbackURLs": [PAGE, "http://localhost:3000/"],
        },
        look=client,
        at_first=(True, [PAGE], ["code"], ["openid"], 2),
        later=(True, [PAGE, "http://localhost:3000/"], ["code"], ["openid", "email"], None),
        attributes=("ClientId", "Name", "ClientSecret"),
    ),
    Life(
        type_name="AWS::Cognito::UserPoolDomain",
        needs={"Pool": POOL},
        first={"UserPoolId": ref("Pool"), "Domain": "a-life-of-a-domain"},
        then={"UserPoolId": ref("Pool"), "Domain": "a-life-of-a-domain", "ManagedLoginVersion": 2},
        look=domain,
        at_first=1,
        later=2,
    ),
    Life(
        type_name="AWS::Cognito::UserPoolGroup",
        needs={"Pool": POOL},
        first={"UserPoolId": ref("Pool"), "GroupName": "staff", "Description": "d", "Precedence": 3},
        then={"UserPoolId": ref("Pool"), "GroupName": "staff", "Precedence": "1"},
        look=group,
        at_first=("d", 3),
        later=(None, 1),
    ),
    Life(
        type_name="AWS::Cognito::UserPoolUser",
        needs={"Pool": POOL},
        first={
            "UserPoolId": attribute("Pool", "UserPoolId"),
            "Username": "ann",
            "MessageAction": "SUPPRESS",
            "UserAttributes": [{"Name": "email", "Value": "ann@example.com"}],
        },
        look=user,
        at_first=("FORCE_CHANGE_PASSWORD", {"email": "ann@example.com"}),
    ),
]
